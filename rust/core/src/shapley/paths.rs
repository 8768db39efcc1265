//! What every walk through a forest needs to know: which edges split on one column, and the shares.

use super::Trees;
use super::quadrature::{LANES, Points, quadrature};
use crate::Error;

/// Edges on a path. Deeper trees are no use to anybody, and the walk calls itself at each edge.
const MOST_EDGES: usize = 512;
const NONE: usize = usize::MAX;

/// The edge from its parent into a node, as far as it does not depend on the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) column: usize,
    /// Share of the accounts that follow the path at all splits on this column down to here.
    pub(super) share: f64,
    /// Node that the last edge on the same column leads into; the root where there is none.
    pub(super) before: usize,
    /// Edges between the root and that node.
    pub(super) depth_before: usize,
}

/// A forest with what every walk through it needs to know.
pub(super) struct Paths<'a> {
    pub(super) trees: Trees<'a>,
    pub(super) edges: Vec<Edge>,
    /// Per tree the entry of `rules` that is exact for it.
    pub(super) rule: Vec<usize>,
    /// Quadratures of one, two, ... times [`LANES`] points.
    pub(super) rules: Vec<Vec<Points>>,
    /// Edges of the longest path.
    pub(super) n_edges: usize,
    pub(super) base: f64,
}

impl<'a> Paths<'a> {
    pub(super) fn new(trees: Trees<'a>) -> Result<Self, Error> {
        check(trees)?;
        let n_nodes = trees.feature.len();
        let counted;
        let cover = if let Some(cover) = trees.cover {
            cover
        } else {
            counted = leaves_below(trees);
            &counted
        };
        let mut paths = Self {
            trees,
            edges: vec![
                Edge {
                    column: 0,
                    share: 1.0,
                    before: 0,
                    depth_before: 0,
                };
                n_nodes
            ],
            rule: Vec::with_capacity(trees.roots.len()),
            rules: Vec::new(),
            n_edges: 0,
            base: 0.0,
        };
        let mut parents = vec![NONE; n_nodes];
        for ends in trees.roots.windows(2) {
            let most_columns = paths.follow(ends, cover, &mut parents)?;
            // So many points are exact for polynomials of up to twice their number, less one.
            let n_points = most_columns.div_ceil(2).max(1);
            paths.rule.push(n_points.div_ceil(LANES) - 1);
        }
        let n_rules = paths.rule.iter().max().map_or(0, |largest| largest + 1);
        paths.rules = (1..=n_rules).map(|n| quadrature(n * LANES)).collect();
        Ok(paths)
    }

    /// Edges of one tree, and the most columns on one of its paths. Parents come before children, so
    /// one pass in order finds every path above a node complete.
    fn follow(
        &mut self,
        ends: &[i64],
        cover: &[f64],
        parents: &mut [usize],
    ) -> Result<usize, Error> {
        let (root, end) = (ends[0] as usize, ends[1] as usize);
        let mut reach = vec![0.0; end - root];
        let mut depth = vec![0_usize; end - root];
        let mut columns = vec![0_usize; end - root];
        reach[0] = 1.0;
        let mut most_columns = 0;
        for node in root..end {
            if node > root && parents[node] == NONE {
                // No path leads here.
                continue;
            }
            if self.trees.feature[node] < 0 {
                self.base += reach[node - root] * self.trees.value[node];
                most_columns = most_columns.max(columns[node - root]);
                continue;
            }
            let column = self.trees.feature[node] as usize;
            let children = self.children(root, node);
            let both = cover[children[0]] + cover[children[1]];
            let before = self.last_on(column, node, parents).unwrap_or(root);
            let above = self.edges[before].share;
            let depth_before = depth[before - root];
            for child in children {
                if parents[child] != NONE {
                    return Err(Error::out_of_range(
                        "trees",
                        format!("node {child}"),
                        "every node has one parent",
                    ));
                }
                parents[child] = node;
                let share = if both > 0.0 { cover[child] / both } else { 0.5 };
                self.edges[child] = Edge {
                    column,
                    share: share * above,
                    before,
                    depth_before,
                };
                reach[child - root] = reach[node - root] * share;
                depth[child - root] = depth[node - root] + 1;
                columns[child - root] = columns[node - root] + usize::from(before == root);
                self.n_edges = self.n_edges.max(depth[child - root]);
            }
            if self.n_edges > MOST_EDGES {
                return Err(Error::out_of_range(
                    "trees",
                    format!("a path of {} splits", self.n_edges),
                    format!("at most {MOST_EDGES}; grow trees of less depth"),
                ));
            }
        }
        Ok(most_columns)
    }

    /// The last node on the way to `node` that an edge on `column` leads into.
    fn last_on(&self, column: usize, node: usize, parents: &[usize]) -> Option<usize> {
        let mut here = node;
        while parents[here] != NONE {
            if self.edges[here].column == column {
                return Some(here);
            }
            here = parents[here];
        }
        None
    }

    pub(super) fn children(&self, root: usize, node: usize) -> [usize; 2] {
        [
            root + self.trees.left[node] as usize,
            root + self.trees.right[node] as usize,
        ]
    }
}

/// Checks that every array fits the others and that walks end: children come after parents.
fn check(trees: Trees<'_>) -> Result<(), Error> {
    let n_nodes = trees.feature.len();
    for (argument, given) in [
        ("threshold", trees.threshold.len()),
        ("left", trees.left.len()),
        ("right", trees.right.len()),
        ("value", trees.value.len()),
        ("cover", trees.cover.map_or(n_nodes, <[f64]>::len)),
    ] {
        if given != n_nodes {
            return Err(Error::Length {
                argument: argument.into(),
                given,
                expected: n_nodes,
            });
        }
    }
    let mut covers = trees.cover.unwrap_or_default().iter();
    if let Some(bad) = covers.find(|c| !(c.is_finite() && **c >= 0.0)) {
        return Err(Error::out_of_range("cover", bad, "weights of accounts"));
    }
    let whole = trees.roots.len() > 1
        && trees.roots[0] == 0
        && trees.roots[trees.roots.len() - 1] == n_nodes as i64
        && trees.roots.windows(2).all(|ends| ends[0] < ends[1]);
    if !whole {
        return Err(Error::out_of_range(
            "roots",
            format!("{} entries", trees.roots.len()),
            "starts of at least one tree, from 0 to the number of nodes",
        ));
    }
    for (tree, ends) in trees.roots.windows(2).enumerate() {
        for node in ends[0]..ends[1] {
            let k = node as usize;
            let children = [trees.left[k], trees.right[k]].map(|c| i64::from(c) + ends[0]);
            let known = (trees.feature[k].max(0) as usize) < trees.n_columns;
            let inside = children.iter().all(|c| *c > node && *c < ends[1]);
            if !known || (trees.feature[k] >= 0 && !inside) {
                return Err(Error::out_of_range(
                    "trees",
                    format!("node {} of tree {tree}", node - ends[0]),
                    "columns exist and children follow their parent inside the tree",
                ));
            }
        }
    }
    Ok(())
}

/// Number of leaves below each node, itself included.
fn leaves_below(trees: Trees<'_>) -> Vec<f64> {
    let mut below = vec![1.0; trees.feature.len()];
    for ends in trees.roots.windows(2) {
        let (root, end) = (ends[0] as usize, ends[1] as usize);
        for node in (root..end).rev().filter(|node| trees.feature[*node] >= 0) {
            let children = [trees.left[node], trees.right[node]];
            below[node] = children.map(|c| below[root + c as usize]).iter().sum();
        }
    }
    below
}
