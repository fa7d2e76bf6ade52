//! Allow-lists for what leaves the machine, judged on the canonical address at connect (call path step 9).
//!
//! A rule by host name reaches public addresses only. Whoever controls a name controls what it resolves to (DNS
//! rebinding, attack 48), so loopback, private, link-local, metadata and all other special addresses (RFC 6890 and its
//! registries) need a rule that names them: an address, or a block that lies wholly among special ones. `0.0.0.0/0`
//! therefore means the public internet, not the metadata service.

use crate::error::{Code, HostError};
use crate::grant::Action;
use crate::ids::integer;
use crate::limits::OUTBOUND_RULES_MAX;
use crate::machine::Machine;
use crate::rights::Rights;
use crate::table::Object;
use ipnet::{IpNet, Ipv4Net};
use rustix::io::Errno;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

/// What is never reached through a host name.
const SPECIAL: &[&str] = &[
    // IANA IPv4 Special-Purpose Address Registry, multicast, reserved.
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    // Azure's wire server: platform metadata on a public address.
    "168.63.129.16/32",
    // IANA IPv6 Special-Purpose Address Registry. Those that embed an IPv4 address (NAT64, 6to4, Teredo, IPv4-compatible)
    // could reach any of the above.
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

static SPECIAL_NETS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL.iter().filter_map(|block| block.parse().ok()).collect());

fn is_special(address: IpAddr) -> bool {
    SPECIAL_NETS.iter().any(|block| block.contains(&address))
}

/// IPv4 inside IPv6 (`::ffff:a.b.c.d`) is IPv4 (RFC 4291, 2.5.5.2): the kernel connects to the same place.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// By its name in TypeScript.
    pub fn parse(name: &str) -> Option<Protocol> {
        match name {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Target {
    Name(String),
    /// With its leading dot.
    Suffix(String),
    Net {
        net: IpNet,
        names_special: bool,
    },
}

struct Rule {
    target: Target,
    ports: std::ops::RangeInclusive<u16>,
    protocol: Protocol,
}

/// A rule as JavaScript passes it.
pub struct RuleText<'a> {
    /// Host name, `*.suffix`, address or block.
    pub host: &'a str,
    /// First port.
    pub port_first: f64,
    /// Last port.
    pub port_last: f64,
    /// `tcp` or `udp`.
    pub protocol: &'a str,
}

/// An allow-list.
pub struct Allowed {
    rules: Vec<Rule>,
}

/// A host name in lower case without its final dot, if it is one (RFC 1123). A last label that is a number makes it an
/// IPv4 address in some spelling (WHATWG URL), and those are never names.
fn host_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next()?;
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (name.len() <= 253 && !numeric && name.split('.').all(label_is_fine)).then_some(name)
}

fn target(host: &str) -> Option<Target> {
    let net = match host.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address)),
        Err(_) => host.parse::<IpNet>().ok(),
    };
    if let Some(net) = net {
        let net = canonical_net(net.trunc());
        let names_special =
            SPECIAL_NETS.iter().any(|block| block.contains(&net)) || (net.prefix_len() == net.max_prefix_len());
        return Some(Target::Net { net, names_special });
    }
    if let Some(suffix) = host.strip_prefix("*.") {
        return host_name(suffix).map(|suffix| Target::Suffix(format!(".{suffix}")));
    }
    host_name(host).map(Target::Name)
}

/// A block of IPv4-mapped addresses is a block of IPv4 addresses.
fn canonical_net(net: IpNet) -> IpNet {
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => Ipv4Net::new(v4, v6.prefix_len() - 96).map_or(net, IpNet::V4),
            None => net,
        },
        _ => net,
    }
}

impl Allowed {
    /// Reads the rules.
    pub fn parse(rules: &[RuleText<'_>]) -> Result<Allowed, HostError> {
        if rules.len() > OUTBOUND_RULES_MAX {
            return Err(HostError::new(Code::Limit, format!("more than {OUTBOUND_RULES_MAX} outbound rules")));
        }
        let invalid = |rule: &RuleText<'_>, what: &str| {
            HostError::new(Code::Invalid, format!("outbound rule '{}': {what}", rule.host.escape_debug()))
        };
        let port = |value: f64| integer(value).and_then(|port| u16::try_from(port).ok());
        rules
            .iter()
            .map(|rule| {
                let target = target(rule.host)
                    .ok_or_else(|| invalid(rule, "not a host name, *.suffix, IP address or CIDR block"))?;
                let ports = match (port(rule.port_first), port(rule.port_last)) {
                    (Some(first), Some(last)) if first <= last => first..=last,
                    _ => return Err(invalid(rule, "ports are not a range from 0 to 65535")),
                };
                let protocol = Protocol::parse(rule.protocol).ok_or_else(|| invalid(rule, "protocol is tcp or udp"))?;
                Ok(Rule { target, ports, protocol })
            })
            .collect::<Result<_, _>>()
            .map(|rules| Allowed { rules })
    }

    /// Whether `name`, resolved to `address`, may be reached.
    pub fn allows(&self, name: &str, address: IpAddr, port: u16, protocol: Protocol) -> bool {
        let address = canonical(address);
        let special = is_special(address);
        let name = host_name(name);
        self.rules.iter().any(|rule| {
            rule.protocol == protocol
                && rule.ports.contains(&port)
                && match (&rule.target, &name) {
                    (Target::Net { net, names_special }, _) => net.contains(&address) && (*names_special || !special),
                    (Target::Name(wanted), Some(name)) => !special && wanted == name,
                    (Target::Suffix(suffix), Some(name)) => !special && name.ends_with(suffix.as_str()),
                    (_, None) => false,
                }
        })
    }
}

impl Machine {
    /// `outboundDefine`.
    pub fn outbound_define(&self, owner: f64, grant: f64, rules: &[RuleText<'_>]) -> Result<f64, HostError> {
        let (_, held) = self.grant(owner, grant, Action::OutboundDefine)?;
        let allowed = Allowed::parse(rules)?;
        self.adopt("outboundDefine", &held, &held.owner, Rights::NONE, Object::Outbound(Arc::new(allowed)))
    }

    /// `outboundCheck`: nothing, or `-EACCES`. Data plane.
    pub fn outbound_check(
        &self,
        owner: f64,
        outbound: f64,
        name: &str,
        address: &str,
        port: f64,
        protocol: &str,
    ) -> Result<(), Errno> {
        let Object::Outbound(allowed) = self.table.object(owner, outbound)?.0 else { return Err(Errno::BADF) };
        // Only the canonical spelling parses: no octal, hex, short forms, zones (attack 47).
        let address: IpAddr = address.parse().map_err(|_| Errno::ACCESS)?;
        let port = integer(port).and_then(|port| u16::try_from(port).ok()).ok_or(Errno::ACCESS)?;
        let protocol = Protocol::parse(protocol).ok_or(Errno::ACCESS)?;
        if allowed.allows(name, address, port, protocol) { Ok(()) } else { Err(Errno::ACCESS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(hosts: &[&str]) -> Allowed {
        let rules: Vec<_> =
            hosts.iter().map(|host| RuleText { host, port_first: 443.0, port_last: 445.0, protocol: "tcp" }).collect();
        Allowed::parse(&rules).unwrap()
    }

    fn may(list: &Allowed, name: &str, address: &str) -> bool {
        list.allows(name, address.parse().unwrap(), 443, Protocol::Tcp)
    }

    #[test]
    fn names_match_exactly_or_by_suffix() {
        let list = list(&["api.example.com", "*.cdn.example"]);
        assert!(may(&list, "api.example.com", "93.184.216.34"));
        assert!(may(&list, "API.Example.COM.", "93.184.216.34"));
        assert!(may(&list, "a.b.cdn.example", "2606:4700::1"));
        for name in ["example.com", "x.api.example.com", "cdn.example", "evilcdn.example", "", "api.example.com\0"] {
            assert!(!may(&list, name, "93.184.216.34"), "{name}");
        }
    }

    #[test]
    fn ports_and_protocols_count() {
        let list = list(&["a.example"]);
        let at = |port, protocol| list.allows("a.example", "93.184.216.34".parse().unwrap(), port, protocol);
        assert!(at(443, Protocol::Tcp) && at(445, Protocol::Tcp));
        assert!(!at(442, Protocol::Tcp) && !at(446, Protocol::Tcp) && !at(443, Protocol::Udp));
    }

    #[test]
    fn a_name_never_reaches_special_addresses() {
        let list = list(&["rebind.example", "*.rebind.example", "0.0.0.0/0", "::/0"]);
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "2002:7f00:1::",
            "2001:0:1::1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
        ] {
            assert!(!may(&list, "rebind.example", address), "{address}");
            assert!(!may(&list, "", address), "{address}");
        }
        assert!(may(&list, "", "93.184.216.34") && may(&list, "", "2606:4700::1"));
    }

    #[test]
    fn special_addresses_need_a_rule_that_names_them() {
        let list = list(&["127.0.0.1", "10.0.0.0/8", "::ffff:192.168.7.0/120", "fd12::/16", "8.0.0.0/5"]);
        assert!(may(&list, "", "127.0.0.1") && may(&list, "any.name", "::ffff:127.0.0.1"));
        assert!(may(&list, "", "10.9.8.7") && may(&list, "", "192.168.7.9") && may(&list, "", "fd12::1"));
        assert!(!may(&list, "", "127.0.0.2") && !may(&list, "", "192.168.8.9") && !may(&list, "", "fd13::1"));
        assert!(may(&list, "", "8.8.8.8"));
    }

    #[test]
    fn nonsense_is_no_rule() {
        let bad = [
            "",
            "*",
            "*.",
            "*.*.a",
            "a..b",
            "-a.b",
            "127.1",
            "0x7f.1",
            "2130706433",
            "1.2.3",
            "1.2.3.4/33",
            "a/24",
            "fe80::1%eth0",
            "exa mple",
            "a.b:443",
            "ünï.example",
            "a.0x7f",
        ];
        for host in bad {
            let rule = RuleText { host, port_first: 1.0, port_last: 2.0, protocol: "tcp" };
            assert!(Allowed::parse(&[rule]).is_err(), "{host}");
        }
        for (first, last, protocol) in [(2.0, 1.0, "tcp"), (0.5, 1.0, "tcp"), (0.0, 65536.0, "tcp"), (1.0, 1.0, "sctp")]
        {
            let rule = RuleText { host: "a.b", port_first: first, port_last: last, protocol };
            assert!(Allowed::parse(&[rule]).is_err());
        }
    }

    #[test]
    fn every_special_block_is_read() {
        assert_eq!(SPECIAL_NETS.len(), SPECIAL.len());
    }
}
