//! What each column adds to the sum of a forest: exact Shapley values, path by path.
//!
//! The game is that of Lundberg et al. (2018, arXiv:1802.03888, Algorithm 1): a column that is not
//! known sends an account down both branches, by the shares of the accounts that the tree was grown
//! on. Their Algorithm 2 keeps a polynomial in the number of known columns and divides factors out of
//! it again, which loses digits in deep trees. The same values are integrals of products: with `z` the
//! share that follows the path at the splits on a column, and `o` one if the account follows it there,
//!
//! ```text
//! contribution of j through a leaf = value (o_j - z_j) ∫₀¹ ∏_{i ≠ j} (o_i t + z_i (1 - t)) dt
//! ```
//!
//! since `∫ t^s (1 - t)^(m - 1 - s) dt` is the Shapley weight of a coalition of `s` out of `m - 1`
//! columns. The product is a polynomial of degree `m - 1`, which Gauss–Legendre quadrature with
//! `m / 2` points integrates exactly; all its terms are positive, so nothing cancels. Sums over the
//! leaves of a subtree are carried up the tree (as in Yu et al. 2022, arXiv:2209.08192): the time is
//! nodes times points, per account.

mod paths;
mod quadrature;

use crate::Error;
use crate::rows::fill_rows;
use paths::Paths;
use quadrature::{LANES, Lanes, Points};

/// A share below this with an account that goes elsewhere: the branch adds nothing, and dividing by
/// such a number would.
const NO_SHARE: f64 = 1e-100;

/// Contributions of the columns to the sums of a forest.
#[derive(Debug, Clone)]
pub struct Contributions {
    /// One row per account, one value per column.
    pub values: Vec<f64>,
    /// Mean of the forest over the accounts that it was grown on; with an account's contributions it
    /// adds up to the account's sum.
    pub base: f64,
}

/// Nodes of all trees of a forest, tree after tree. Children are numbered inside the tree; a leaf has
/// no feature (a negative number).
#[derive(Debug, Clone, Copy)]
pub struct Trees<'a> {
    /// First node of each tree, and one entry more: the number of nodes.
    pub roots: &'a [i64],
    /// Column that a node splits on; negative in a leaf.
    pub feature: &'a [i32],
    /// Values above this go right.
    pub threshold: &'a [f64],
    /// Left child.
    pub left: &'a [i32],
    /// Right child.
    pub right: &'a [i32],
    /// What a leaf adds to the sum.
    pub value: &'a [f64],
    /// Weight of the accounts that came to each node when the trees were grown; without it all leaves
    /// of a tree count the same. Where no account came to either child, both count the same.
    pub cover: Option<&'a [f64]>,
    /// Number of columns that rows have.
    pub n_columns: usize,
}

/// Contribution of each column to the sum of each row of a prepared matrix (row-major). As in scoring,
/// values are rounded to single precision, on which trees are grown, and NaN goes left.
///
/// # Errors
/// [`Error`] naming what does not fit: arrays of different lengths, columns or children that do not
/// exist, nodes with two parents, covers that are negative or not finite, a path of more than 512
/// splits, rows of another width.
pub fn contributions(
    rows: &[f64],
    trees: Trees<'_>,
    threads: usize,
) -> Result<Contributions, Error> {
    let paths = Paths::new(trees)?;
    let width = trees.n_columns;
    if !rows.len().is_multiple_of(width) {
        return Err(Error::Length {
            argument: "rows".into(),
            given: rows.len(),
            expected: width * (rows.len() / width),
        });
    }
    let n_rows = rows.len() / width;
    let mut values = vec![0.0; n_rows * width];
    let work_per_row = LANES * trees.feature.len();
    fill_rows(
        &mut values,
        width,
        work_per_row,
        threads,
        || Walk::new(&paths),
        |walk, i, out| walk.row(&rows[i * width..(i + 1) * width], out),
    );
    Ok(Contributions {
        values,
        base: paths.base,
    })
}

/// Memory of one thread for the walks of its accounts.
struct Walk<'p> {
    paths: &'p Paths<'p>,
    row: Vec<f64>,
    /// Whether the account follows the path at all splits on the column of the edge into a node.
    follows: Vec<bool>,
    /// Per edge of the path: weight of the point, times the factors of the columns so far.
    products: Vec<Lanes>,
    /// Per edge of the path: one over the factor of its column.
    inverses: Vec<Lanes>,
    /// Per edge of the path: the leaves below, each times its product.
    leaves: Vec<Lanes>,
}

/// A tree as one walk sees it.
#[derive(Clone, Copy)]
struct Tree<'p> {
    root: usize,
    points: &'p [Points],
}

impl<'p> Walk<'p> {
    fn new(paths: &'p Paths<'p>) -> Self {
        let n = (paths.n_edges + 1) * paths.rules.len();
        Self {
            paths,
            row: vec![0.0; paths.trees.n_columns],
            follows: vec![true; paths.edges.len()],
            products: vec![[1.0; LANES]; n],
            inverses: vec![[1.0; LANES]; n],
            leaves: vec![[0.0; LANES]; n],
        }
    }

    fn row(&mut self, row: &[f64], out: &mut [f64]) {
        let paths = self.paths;
        for (slot, x) in self.row.iter_mut().zip(row) {
            *slot = f64::from(*x as f32);
        }
        out.fill(0.0);
        for (ends, rule) in paths.trees.roots.windows(2).zip(&paths.rule) {
            let points = &paths.rules[*rule];
            let root = ends[0] as usize;
            for (k, point) in points.iter().enumerate() {
                self.products[k] = point.weight;
                self.inverses[k] = [1.0; LANES];
            }
            self.visit(Tree { root, points }, root, 0, out);
        }
    }

    /// Fills `leaves` of this depth and adds the contributions of all edges below.
    fn visit(&mut self, tree: Tree<'p>, node: usize, depth: usize, out: &mut [f64]) {
        let (paths, n) = (self.paths, tree.points.len());
        let (here, below) = (depth * n, (depth + 1) * n);
        let column = paths.trees.feature[node];
        if column < 0 {
            let value = paths.trees.value[node];
            for k in here..below {
                self.leaves[k] = self.products[k].map(|product| value * product);
            }
            return;
        }
        self.leaves[here..below].fill([0.0; LANES]);
        let goes_right = self.row[column as usize] > paths.trees.threshold[node];
        for (child, goes) in paths
            .children(tree.root, node)
            .into_iter()
            .zip([!goes_right, goes_right])
        {
            let edge = paths.edges[child];
            let (followed, shared) = (self.follows[edge.before], paths.edges[edge.before].share);
            let follows = followed && goes;
            self.follows[child] = follows;
            if !follows && edge.share < NO_SHARE {
                continue;
            }
            let before = edge.depth_before * n;
            for (k, points) in tree.points.iter().enumerate() {
                let factor = points.factor(follows, edge.share);
                for lane in 0..LANES {
                    self.inverses[below + k][lane] = 1.0 / factor[lane];
                    self.products[below + k][lane] = self.products[here + k][lane]
                        * factor[lane]
                        * self.inverses[before + k][lane];
                }
            }
            self.visit(tree, child, depth + 1, out);
            let (mut with, mut with_before) = ([0.0; LANES], [0.0; LANES]);
            for k in 0..n {
                for lane in 0..LANES {
                    let leaves = self.leaves[below + k][lane];
                    self.leaves[here + k][lane] += leaves;
                    with[lane] += leaves * self.inverses[below + k][lane];
                    with_before[lane] += leaves * self.inverses[before + k][lane];
                }
            }
            let with: f64 = with.iter().sum();
            let with_before: f64 = with_before.iter().sum();
            // Only the last edge on a column speaks for it: this one takes the place of the one before.
            out[edge.column] += (f64::from(follows) - edge.share) * with
                - (f64::from(followed) - shared) * with_before;
        }
    }
}

#[cfg(test)]
mod tests;
