//! Forests of binary trees as arrays, summed one account at a time in a fixed order.
//!
//! A forest – isolation trees or boosted ones – is fitted elsewhere and arrives as flat arrays, so
//! a saved model is data, never code. Scoring walks the trees in order for each account on its own:
//! the same account has the same bits in any batch and on any thread count.

use crate::Error;
use crate::rows::map_indices;

/// Nodes of all trees, tree after tree. Children are numbered inside the tree; a leaf has no
/// feature (a negative number).
#[derive(Debug, Clone, Copy)]
pub struct Forest<'a> {
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
    /// What a leaf adds to the sum: a path length, or a step of the logit.
    pub value: &'a [f64],
    /// Per column the value that replaces a missing one.
    pub center: &'a [f64],
    /// Per column the size of an ordinary deviation from the center; positive.
    pub scale: &'a [f64],
    /// Per column whether values below the center count as the center: only the other end is
    /// suspicious.
    pub one_sided: &'a [bool],
}

impl Forest<'_> {
    /// Checks that every array fits the others and that walks end: children come after parents.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] or [`Error::Length`] naming the array that does not fit.
    pub fn check(&self) -> Result<(), Error> {
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
        let n_columns = self.center.len();
        for (argument, given) in [
            ("one_sided", self.one_sided.len()),
            ("scale", self.scale.len()),
        ] {
            if given != n_columns {
                return Err(Error::Length {
                    argument: argument.into(),
                    given,
                    expected: n_columns,
                });
            }
        }
        if let Some(scale) = self.scale.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
            return Err(Error::out_of_range("scale", scale, "positive numbers"));
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
            if size < 1 || ends[0] < 0 || ends[1] > n_nodes as i64 {
                return Err(Error::out_of_range(
                    "roots",
                    ends[1],
                    "each tree has a node",
                ));
            }
            for k in 0..size {
                let node = (ends[0] + k) as usize;
                if self.feature[node] < 0 {
                    continue;
                }
                let children = [i64::from(self.left[node]), i64::from(self.right[node])];
                let known = (self.feature[node] as usize) < n_columns;
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

    /// Sum of the leaves that one row of features falls into.
    fn sum_row(&self, row: &[f64], scratch: &mut Vec<f64>) -> f64 {
        scratch.clear();
        for (k, x) in row.iter().enumerate() {
            let known = if x.is_finite() { *x } else { self.center[k] };
            let deviation = (known - self.center[k]) / self.scale[k];
            // Splits are drawn evenly between the extremes, so the long upper tails of scans would
            // leave everything ordinary in one leaf; the logarithm spreads them.
            let squashed = libm::copysign(libm::log1p(deviation.abs()), deviation);
            let turned = if self.one_sided[k] {
                squashed.max(0.0)
            } else {
                squashed
            };
            // The trees were grown on single precision.
            scratch.push(f64::from(turned as f32));
        }
        let mut total = 0.0;
        for ends in self.roots.windows(2) {
            let root = ends[0] as usize;
            let mut node = root;
            while self.feature[node] >= 0 {
                let goes_left = scratch[self.feature[node] as usize] <= self.threshold[node];
                let child = if goes_left {
                    self.left[node]
                } else {
                    self.right[node]
                };
                node = root + child as usize;
            }
            total += self.value[node];
        }
        total
    }
}

/// Sum of the leaves for each row of a feature matrix (row-major).
///
/// # Errors
/// What [`Forest::check`] refuses, or a matrix that does not fit the forest's columns.
pub fn sum(features: &[f64], forest: Forest<'_>, threads: usize) -> Result<Vec<f64>, Error> {
    forest.check()?;
    let width = forest.center.len();
    if !features.len().is_multiple_of(width) || width == 0 {
        return Err(Error::Length {
            argument: "features".into(),
            given: features.len(),
            expected: width * (features.len() / width.max(1)),
        });
    }
    Ok(map_indices(features.len() / width, threads, |i| {
        forest.sum_row(
            &features[i * width..(i + 1) * width],
            &mut Vec::with_capacity(width),
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump(children: [i32; 2]) -> Result<Vec<f64>, Error> {
        let forest = Forest {
            roots: &[0, 3],
            feature: &[0, -1, -1],
            threshold: &[0.5, 0.0, 0.0],
            left: &[children[0], 0, 0],
            right: &[children[1], 0, 0],
            value: &[0.0, 4.0, 1.0],
            center: &[0.5],
            scale: &[1.0],
            one_sided: &[true],
        };
        sum(&[0.0, 2.0, f64::NAN, f64::INFINITY], forest, 2)
    }

    #[test]
    fn rows_fall_to_their_leaf_and_missing_values_are_ordinary() {
        let scores = stump([1, 2]).unwrap();
        assert_eq!(scores[0], 4.0);
        assert_eq!(scores[1], 1.0);
        assert_eq!(scores[2], scores[0]);
        assert_eq!(scores[3], scores[0]);
    }

    #[test]
    fn a_walk_that_could_loop_or_leave_the_tree_is_refused() {
        assert!(stump([0, 2]).is_err());
        assert!(stump([1, 3]).is_err());
        assert!(stump([-1, 2]).is_err());
    }
}
