//! Build settings of the addon.

fn main() {
    napi_build::setup();
    // Node closes an addon when the last worker that loaded it ends (napi_module unload, `dlclose`). The capability
    // table lives in statics of this library and must outlive every worker, so the library is never unmapped.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
