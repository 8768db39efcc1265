//! Forests of binary trees, summed one account at a time in a fixed order.
//!
//! A forest – isolation trees, boosted ones or bagged ones – is fitted elsewhere and arrives as flat
//! arrays, so a saved model is data, never code. It is checked and packed once, then asked many times.
//! Scoring adds the leaves of the trees in their order for each account on its own: the same account
//! has the same bits in any batch and on any thread count.

use crate::Error;
use crate::rows::{map_indices, resolve_threads};

/// Rows that walk a tree together. One row's walk is a chain of loads, each waiting for the one before;
/// the chains of sixteen rows overlap, and the tree is fetched once for all of them.
const LOCKSTEP: usize = 16;

/// Nodes of a tree, and columns, that sixteen bits can number.
const MOST: usize = 1 << 16;

/// Nodes of all trees as they are saved, tree after tree. Children are numbered inside the tree; a leaf
/// has no feature (a negative number).
#[derive(Debug, Clone, Copy)]
pub struct ForestArrays<'a> {
    /// First node of each tree, and one entry more: the number of nodes.
    pub roots: &'a [i64],
    /// Column that a node splits on; negative in a leaf.
    pub feature: &'a [i32],
    /// Values up to and including this go left.
    pub threshold: &'a [f64],
    /// Left child.
    pub left: &'a [i32],
    /// Right child.
    pub right: &'a [i32],
    /// What a leaf adds to the sum: a path length, a step of the logit, or a share of fakes.
    pub value: &'a [f64],
    /// Number of columns that rows have.
    pub n_columns: usize,
}

impl ForestArrays<'_> {
    /// Checks that every array fits the others and that walks end: children come after parents.
    fn check(&self) -> Result<(), Error> {
        let n_nodes = self.feature.len();
        for (argument, given) in [
            ("threshold", self.threshold.len()),
            ("left", self.left.len()),
            ("right", self.right.len()),
            ("value", self.value.len()),
        ] {
            if given != n_nodes {
                return Err(Error::Length {
                    argument: argument.into(),
                    given,
                    expected: n_nodes,
                });
            }
        }
        if !(1..=MOST).contains(&self.n_columns) {
            return Err(Error::out_of_range(
                "n_columns",
                self.n_columns,
                format!("1 to {MOST}"),
            ));
        }
        if self.roots.len() < 2
            || self.roots[0] != 0
            || self.roots[self.roots.len() - 1] != n_nodes as i64
        {
            return Err(Error::out_of_range(
                "roots",
                format!("{} entries", self.roots.len()),
                "starts of at least one tree, from 0 to the number of nodes",
            ));
        }
        for (tree, ends) in self.roots.windows(2).enumerate() {
            let size = ends[1] - ends[0];
            if size < 1 || size > MOST as i64 || ends[0] < 0 || ends[1] > n_nodes as i64 {
                return Err(Error::out_of_range(
                    "roots",
                    ends[1],
                    format!("each tree has 1 to {MOST} nodes; grow it with fewer leaves"),
                ));
            }
            for k in 0..size {
                let node = (ends[0] + k) as usize;
                if self.feature[node] < 0 {
                    continue;
                }
                let children = [i64::from(self.left[node]), i64::from(self.right[node])];
                let known = (self.feature[node] as usize) < self.n_columns;
                if !known || children.iter().any(|child| *child <= k || *child >= size) {
                    return Err(Error::out_of_range(
                        "forest",
                        format!("node {k} of tree {tree}"),
                        "columns exist and children follow their parent inside the tree",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A node in eight bytes. Children are numbered from their tree's root; the right one is the next after
/// the left one. A leaf sends every value to itself, so that walks of different depths take the same number
/// of steps.
#[derive(Debug, Clone, Copy)]
#[repr(align(8))]
struct Node {
    threshold: f32,
    feature: u16,
    left: u16,
}

#[derive(Debug, Clone, Copy)]
struct Tree {
    first: usize,
    end: usize,
    depth: u32,
}

/// A forest that is known to be whole, packed for walking.
#[derive(Debug, Clone)]
pub struct Forest {
    nodes: Vec<Node>,
    value: Vec<f64>,
    trees: Vec<Tree>,
    n_columns: usize,
}

impl Forest {
    /// Checks the arrays of a forest and packs them, level by level.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] or [`Error::Length`] naming the array that does not fit.
    pub fn new(arrays: &ForestArrays<'_>) -> Result<Self, Error> {
        arrays.check()?;
        let mut forest = Self {
            nodes: Vec::with_capacity(arrays.feature.len()),
            value: Vec::with_capacity(arrays.feature.len()),
            trees: Vec::with_capacity(arrays.roots.len() - 1),
            n_columns: arrays.n_columns,
        };
        for ends in arrays.roots.windows(2) {
            forest.pack(arrays, ends[0] as usize, (ends[1] - ends[0]) as usize)?;
        }
        Ok(forest)
    }

    fn pack(&mut self, arrays: &ForestArrays<'_>, first: usize, size: usize) -> Result<(), Error> {
        let begin = self.nodes.len();
        let mut level = vec![first];
        let mut depth = 0;
        // A node with two parents would be packed twice; in a tree no level outgrows the node count.
        let mut packed = 1;
        loop {
            let below = self.nodes.len() - begin + level.len();
            let mut next = Vec::new();
            for &node in &level {
                self.value.push(arrays.value[node]);
                let own = self.nodes.len() - begin;
                if arrays.feature[node] < 0 {
                    self.nodes.push(Node {
                        threshold: f32::INFINITY,
                        feature: 0,
                        left: own as u16,
                    });
                    continue;
                }
                self.nodes.push(Node {
                    threshold: rounded_down(arrays.threshold[node]),
                    feature: arrays.feature[node] as u16,
                    left: (below + next.len()) as u16,
                });
                next.push(first + arrays.left[node] as usize);
                next.push(first + arrays.right[node] as usize);
            }
            if next.is_empty() {
                break;
            }
            packed += next.len();
            if packed > size {
                return Err(Error::out_of_range(
                    "forest",
                    format!("{packed} paths through {size} nodes"),
                    "every node has one parent",
                ));
            }
            level = next;
            depth += 1;
        }
        self.trees.push(Tree {
            first: begin,
            end: self.nodes.len(),
            depth,
        });
        Ok(())
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Number of columns that rows have.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Sum of the leaves for each row of a prepared matrix (row-major). Trees were grown on single
    /// precision, so values are rounded to it; NaN goes left.
    ///
    /// # Errors
    /// [`Error::Length`] if the rows do not have the forest's columns.
    pub fn sum(&self, rows: &[f64], threads: usize) -> Result<Vec<f64>, Error> {
        let width = self.n_columns;
        if !rows.len().is_multiple_of(width) {
            return Err(Error::Length {
                argument: "rows".into(),
                given: rows.len(),
                expected: width * (rows.len() / width),
            });
        }
        let n_rows = rows.len() / width;
        let blocks = n_rows.div_ceil(LOCKSTEP);
        // A thread costs more than a few blocks do.
        let threads = resolve_threads(threads).min(blocks.div_ceil(4));
        let sums = map_indices(blocks, threads, |block| {
            let first = block * LOCKSTEP;
            let n = LOCKSTEP.min(n_rows - first);
            let own = &rows[first * width..(first + n) * width];
            let single: Vec<f32> = own.iter().map(|x| *x as f32).collect();
            if n == LOCKSTEP {
                self.walk::<LOCKSTEP>(&single).to_vec()
            } else {
                single
                    .chunks_exact(width)
                    .flat_map(|row| self.walk::<1>(row))
                    .collect()
            }
        });
        Ok(sums.concat())
    }

    /// `N` rows through all trees, one step of each row after the other.
    fn walk<const N: usize>(&self, rows: &[f32]) -> [f64; N] {
        let width = self.n_columns;
        let mut totals = [0.0; N];
        for tree in &self.trees {
            let nodes = &self.nodes[tree.first..tree.end];
            let mut at = [0_usize; N];
            for _ in 0..tree.depth {
                for (k, at) in at.iter_mut().enumerate() {
                    let node = nodes[*at];
                    let right = rows[k * width + usize::from(node.feature)] > node.threshold;
                    *at = usize::from(node.left) + usize::from(right);
                }
            }
            let values = &self.value[tree.first..tree.end];
            for (total, at) in totals.iter_mut().zip(at) {
                *total += values[at];
            }
        }
        totals
    }
}

/// The largest single-precision number that is not above `x`: a single-precision value lies above one
/// exactly when it lies above the other.
fn rounded_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x {
        near.next_down()
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump(left: [i32; 3], right: [i32; 3]) -> Result<Forest, Error> {
        Forest::new(&ForestArrays {
            roots: &[0, 3],
            feature: &[0, -1, -1],
            threshold: &[0.1, 0.0, 0.0],
            left: &left,
            right: &right,
            value: &[0.0, 4.0, 1.0],
            n_columns: 1,
        })
    }

    #[test]
    fn rows_fall_to_their_leaf_whatever_their_number() {
        let forest = stump([1, 0, 0], [2, 0, 0]).unwrap();
        // Single precision rounds 0.1 up: still not above a threshold of 0.1 in double precision? It is.
        let rows: Vec<f64> = (0..37).map(|i| f64::from(i) * 0.01).collect();
        let expected: Vec<f64> = rows
            .iter()
            .map(|x| {
                if f64::from(*x as f32) <= 0.1 {
                    4.0
                } else {
                    1.0
                }
            })
            .collect();
        for threads in [1, 3] {
            assert_eq!(forest.sum(&rows, threads).unwrap(), expected);
        }
        assert!(forest.sum(&[], 2).unwrap().is_empty());
    }

    #[test]
    fn values_beyond_every_threshold_stay_in_their_leaf() {
        let forest = stump([1, 0, 0], [2, 0, 0]).unwrap();
        let sums = forest
            .sum(&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN], 1)
            .unwrap();
        assert_eq!(sums, [1.0, 4.0, 4.0]);
    }

    #[test]
    fn trees_of_different_depths_are_added() {
        let forest = Forest::new(&ForestArrays {
            roots: &[0, 1, 6],
            feature: &[-1, 1, -1, 0, -1, -1],
            threshold: &[0.0, 0.5, 0.0, 0.5, 0.0, 0.0],
            left: &[0, 1, 0, 3, 0, 0],
            right: &[0, 2, 0, 4, 0, 0],
            value: &[10.0, 0.0, 1.0, 0.0, 2.0, 3.0],
            n_columns: 2,
        })
        .unwrap();
        let sums = forest.sum(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 1).unwrap();
        assert_eq!(sums, [11.0, 12.0, 13.0]);
    }

    #[test]
    fn a_walk_that_could_loop_or_leave_the_tree_is_refused() {
        assert!(stump([0, 0, 0], [2, 0, 0]).is_err());
        assert!(stump([1, 0, 0], [3, 0, 0]).is_err());
        assert!(stump([-1, 0, 0], [2, 0, 0]).is_err());
        // Both children the same node: fifty such levels would be 2^50 paths.
        assert!(stump([1, 0, 0], [1, 0, 0]).is_ok());
        let n = 51;
        let child: Vec<i32> = (1..=n).collect();
        let mut feature = vec![0; n as usize];
        feature[n as usize - 1] = -1;
        let zeros = vec![0.0; n as usize];
        let knot = Forest::new(&ForestArrays {
            roots: &[0, i64::from(n)],
            feature: &feature,
            threshold: &zeros,
            left: &child,
            right: &child,
            value: &zeros,
            n_columns: 1,
        });
        assert!(knot.is_err());
    }

    #[test]
    fn thresholds_are_rounded_so_that_no_single_precision_value_changes_sides() {
        for x in [0.1, -0.1, 1e-50, -1e-50, 3.0, f64::MAX, -f64::MAX] {
            let down = rounded_down(x);
            assert!(f64::from(down) <= x);
            assert!(f64::from(down.next_up()) > x, "{x}");
        }
    }
}
