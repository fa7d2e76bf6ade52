//! The derivation tree of one grant: who dies when a handle is revoked.
//!
//! ```text
//! grant -> dir -> derived dir -> open file
//!              -> open file
//! ```
//!
//! Revoking a handle takes its whole subtree. Closing one does not: a guest may close a directory and go on with the
//! files it opened through it (POSIX), so the children of a closed handle move up to its parent. Links are kept as
//! sibling lists inside one map, so that opening and closing cost no allocation beyond the map's own growth.

use crate::ids::Handle;
use crate::sync::lock;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard};

/// Handles carry 32 random bits already; mixing them is enough.
#[derive(Default)]
pub struct HandleHasher(u64);

impl Hasher for HandleHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

#[derive(Default, Clone, Copy)]
struct Node {
    parent: Option<Handle>,
    first_child: Option<Handle>,
    previous: Option<Handle>,
    next: Option<Handle>,
}

/// All live handles that come from one grant.
#[derive(Default)]
pub struct Lineage {
    nodes: Mutex<Nodes>,
}

/// The tree, locked. While it is locked no handle of this grant is born or dies.
#[derive(Default)]
pub struct Nodes {
    map: HashMap<Handle, Node, BuildHasherDefault<HandleHasher>>,
}

impl Lineage {
    /// Locks the tree.
    pub fn lock(&self) -> MutexGuard<'_, Nodes> {
        lock(&self.nodes)
    }
}

impl Nodes {
    /// Whether the handle is alive.
    pub fn contains(&self, handle: Handle) -> bool {
        self.map.contains_key(&handle)
    }

    fn node(&mut self, handle: Handle) -> &mut Node {
        self.map.entry(handle).or_default()
    }

    /// Adds a handle below `parent`, or as a root.
    pub fn insert(&mut self, handle: Handle, parent: Option<Handle>) {
        self.map.insert(handle, Node::default());
        if let Some(parent) = parent {
            self.attach(handle, parent);
        }
    }

    fn attach(&mut self, child: Handle, parent: Handle) {
        let first = self.node(parent).first_child.replace(child);
        if let Some(first) = first {
            self.node(first).previous = Some(child);
        }
        let node = self.node(child);
        node.parent = Some(parent);
        node.previous = None;
        node.next = first;
    }

    fn detach(&mut self, child: Handle) {
        let node = *self.node(child);
        match (node.previous, node.parent) {
            (Some(previous), _) => self.node(previous).next = node.next,
            (None, Some(parent)) => self.node(parent).first_child = node.next,
            (None, None) => {}
        }
        if let Some(next) = node.next {
            self.node(next).previous = node.previous;
        }
    }

    /// Takes out one handle; its children move up to its parent. False when it was not alive.
    pub fn remove(&mut self, handle: Handle) -> bool {
        if !self.contains(handle) {
            return false;
        }
        self.detach(handle);
        let Some(node) = self.map.remove(&handle) else { return false };
        let mut next = node.first_child;
        while let Some(child) = next {
            next = self.node(child).next;
            match node.parent {
                Some(parent) => self.attach(child, parent),
                None => {
                    let orphan = self.node(child);
                    orphan.parent = None;
                    orphan.previous = None;
                    orphan.next = None;
                }
            }
        }
        true
    }

    /// Takes out a handle and everything made from it; empty when it was not alive.
    pub fn remove_subtree(&mut self, handle: Handle) -> Vec<Handle> {
        if !self.contains(handle) {
            return Vec::new();
        }
        self.detach(handle);
        let mut taken = vec![handle];
        let mut at = 0;
        while at < taken.len() {
            let mut next = self.map.remove(&taken[at]).and_then(|node| node.first_child);
            while let Some(child) = next {
                taken.push(child);
                next = self.node(child).next;
            }
            at += 1;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h(n: u32) -> Handle {
        Handle::pack(n, 7)
    }

    /// 1 -> 2 -> {4, 5}, 1 -> 3
    fn tree() -> Nodes {
        let mut nodes = Nodes::default();
        nodes.insert(h(1), None);
        nodes.insert(h(2), Some(h(1)));
        nodes.insert(h(3), Some(h(1)));
        nodes.insert(h(4), Some(h(2)));
        nodes.insert(h(5), Some(h(2)));
        nodes
    }

    fn slots(handles: Vec<Handle>) -> Vec<u32> {
        let mut slots: Vec<_> = handles.into_iter().map(Handle::slot).collect();
        slots.sort_unstable();
        slots
    }

    #[test]
    fn a_subtree_dies_whole_and_its_siblings_live() {
        let mut nodes = tree();
        assert_eq!(slots(nodes.remove_subtree(h(2))), [2, 4, 5]);
        assert!(nodes.contains(h(1)) && nodes.contains(h(3)));
        assert_eq!(slots(nodes.remove_subtree(h(1))), [1, 3]);
        assert!(nodes.map.is_empty());
    }

    #[test]
    fn children_of_a_closed_handle_stay_under_its_parent() {
        let mut nodes = tree();
        assert!(nodes.remove(h(2)));
        assert_eq!(slots(nodes.remove_subtree(h(1))), [1, 3, 4, 5]);
    }

    #[test]
    fn children_of_a_closed_root_become_roots() {
        let mut nodes = tree();
        assert!(nodes.remove(h(1)));
        assert_eq!(slots(nodes.remove_subtree(h(2))), [2, 4, 5]);
        assert_eq!(slots(nodes.remove_subtree(h(3))), [3]);
    }

    #[test]
    fn removing_in_any_order_leaves_nothing() {
        for order in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [2, 1, 5, 3, 4], [4, 2, 5, 1, 3]] {
            let mut nodes = tree();
            for n in order {
                assert!(nodes.remove(h(n)));
                assert!(!nodes.remove(h(n)));
            }
            assert!(nodes.map.is_empty());
        }
    }
}
