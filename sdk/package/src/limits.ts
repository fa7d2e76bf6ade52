/** Every number this package refuses by, each with its reason; no other file holds a bare limit. */

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const LIMITS = {
  json: {
    /** Bytes. A registry must accept manifests of 4 MiB (OCI distribution-spec 1.1, "Pushing Manifests"); nobody may count on more. */
    bytesMax: 4 * MiB,
    /** Levels. OCI documents nest 6 deep; recursion in whatever reads the result stays far from the stack's end. */
    depthMax: 32,
    /** Object keys in all. A package of 256 full containers has about 6,000. */
    keysMax: 10_000,
    /** Commas, so values in all: keeps 4 MiB of `0,0,0` from becoming two million objects. */
    valuesMax: 100_000,
  },

  manifest: {
    /** Bytes of a forge.toml: a hand-written file of 1 MiB is a mistake. */
    tomlBytesMax: 1 * MiB,
    /** Entries of any list or table: the schema's largest bounds, those of `args` and `env`. */
    entriesMax: 1_024,
    /** Problems printed: past this a person starts with the first ones anyway. */
    problemsMax: 100,
    /** Characters of a hostile value quoted in a message: enough to recognise it. */
    quotedCharsMax: 80,
  },

  tar: {
    /** Entries of a layout archive: blobs of 256 containers with 128 layers each share digests long before this. */
    archiveEntriesMax: 10_000,
    /** Bytes of a name in a layout archive; `blobs/sha256/<64 hex>` is 77. */
    archiveNameBytesMax: 255,
    /** Path parts in a layout archive; `blobs/sha256/<hex>` has 3. */
    archiveDepthMax: 8,
    /** Entries of all layers of one image; a full Debian desktop has about 200,000 files, a wasm image a handful. */
    layerEntriesMax: 100_000,
    /** Bytes of a name in a layer: PATH_MAX less room for the place it is put. */
    layerNameBytesMax: 3 * KiB,
    /** Path parts in a layer: the deepest real trees (nested node_modules) stay below 40. */
    layerDepthMax: 64,
    /** Names remembered to find collisions, folders that are only implied included: 64 new folders an entry would be 10^6. */
    namesMax: 400_000,
    /** Bytes of one PAX header: a path of 3 KiB and a dozen records. */
    paxBytesMax: 16 * KiB,
    /** Zero bytes after the end marker: GNU tar pads to 10 KiB, `--blocking-factor` to at most 1 MiB in practice. */
    endPaddingBytesMax: 1 * MiB,
  },

  layer: {
    /** Uncompressed bytes of all layers of one package: what fits a small machine's disk and the reading takes seconds. */
    bytesMax: 8 * GiB,
    /** Uncompressed : compressed. Text and debug builds reach 20, zero-filled files gzip's own bound of 1032. */
    ratioMax: 200,
    /** Uncompressed bytes before the ratio counts: a small file of zeros is not a bomb. */
    ratioFreeBytes: 16 * MiB,
  },

  package: {
    /** Bytes of one blob, which is also what one tar header can say without base-256 (8 GiB less one). */
    blobBytesMax: 8 * GiB - 1,
    /** Manifests and referrers in one layout: a package with its signatures, SBOMs and provenance, some times over. */
    manifestsMax: 256,
    /** Layers of one manifest: Docker stops at 127. */
    layersMax: 1_024,
    /** Index inside index: multi-platform images nest once. */
    indexDepthMax: 2,
  },

  wasm: {
    /** Bytes of a component or module: the largest known guests (Go, StarlingMonkey) are 12-60 MB; V8 stops at 1 GiB. */
    bytesMax: 256 * MiB,
    /** Component in component. jco and wasm-tools nest 3 deep. */
    nestingMax: 16,
    /** Core modules in a component: QuickJS guests have 8, each costs V8 a compilation. */
    coreModulesMax: 256,
    /** Sections in all: a component starts a new one at each change of kind; the largest seen has under 2,000. */
    sectionsMax: 20_000,
    /** Types of a module: V8 takes 1,000,000, real modules under 5,000. */
    typesMax: 100_000,
    /** Parameters, and results, of a function type (WebAssembly JS API, implementation limits). */
    paramsMax: 1_000,
    /** Imports, and exports, of one module or component: V8 takes 1,000,000; each is an object in the host. */
    externsMax: 20_000,
    /** Bytes of an import or export name: WIT names stay below 200; some mangled C++ names reach 4 KiB. */
    nameBytesMax: 16 * KiB,
    /** Functions in all: StarlingMonkey has 20,000, a large Go program 100,000; V8 takes 1,000,000 a module. */
    functionsMax: 300_000,
    /** Bytes of one function body: V8's own bound; compile time is not linear in it. */
    functionBytesMax: 7_654_321,
    /** Locals of one function: the JS API's bound. */
    localsMax: 50_000,
    /** Locals in all: five bytes can declare 50,000 of them and each costs the baseline compiler time and stack. */
    localsTotalMax: 20_000_000,
    /** Globals of a module: V8 takes 1,000,000, real modules under 1,000 (one a vtable in some Go builds). */
    globalsMax: 100_000,
    /** Tables of a module: V8's bound is 100,000; toolchains emit one or two. */
    tablesMax: 64,
    /** Memories of a module: each reserves 8 GiB of address space. */
    memoriesMax: 8,
    /** Exception tags of a module. */
    tagsMax: 10_000,
    /** Element, and data, segments of a module: wasm-ld keeps data below 100,000, as V8 does. */
    segmentsMax: 100_000,
    /** Bytes of data segments in all: V8 copies them into each instance, 0.46 ms a MB. */
    dataBytesMax: 128 * MiB,
    /** Instructions of a constant expression: extended-const needs a handful. */
    constExpressionMax: 1_000,
    /** Pages of a 32-bit memory: 4 GiB, the format's own bound. */
    memoryPagesMax: 65_536,
  },
} as const;
