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

use crate::Error;
use crate::forest::Forest;
use crate::rows::fill_rows;

/// Edges on a path. Deeper trees are no use to anybody, and the walk calls itself at each edge.
const MOST_EDGES: usize = 512;
/// A share below this with an account that goes elsewhere: the branch adds nothing, and dividing by
/// such a number would.
const NO_SHARE: f64 = 1e-100;
const NONE: usize = usize::MAX;

/// Contributions of the columns to the sums of a forest.
#[derive(Debug, Clone)]
pub struct Contributions {
    /// One row per account, one value per column.
    pub values: Vec<f64>,
    /// Mean of the forest over the accounts that it was grown on; with an account's contributions it
    /// adds up to the account's sum.
    pub base: f64,
}

/// Contribution of each column to the sum of each row of a feature matrix (row-major).
///
/// `cover` is the weight of the accounts that came to each node when the trees were grown; without it
/// all leaves of a tree count the same. Where no account came to either child, both count the same.
///
/// # Errors
/// What [`Forest::check`] refuses; covers that are not finite, negative, or of another number than the
/// nodes; nodes with two parents; a path of more than 512 splits; a matrix that does not fit the
/// forest's columns.
pub fn contributions(
    features: &[f64],
    forest: Forest<'_>,
    cover: Option<&[f64]>,
    threads: usize,
) -> Result<Contributions, Error> {
    forest.check()?;
    let width = forest.center.len();
    let n_rows = forest.rows_of(features)?;
    let paths = match cover {
        Some(cover) => Paths::new(forest, cover)?,
        None => Paths::new(forest, &leaves_below(forest))?,
    };
    let mut values = vec![0.0; n_rows * width];
    let work_per_row = forest.feature.len() * paths.points.len();
    fill_rows(
        &mut values,
        width,
        work_per_row,
        threads,
        || Walk::new(&paths),
        |walk, i, out| walk.row(&features[i * width..(i + 1) * width], out),
    );
    Ok(Contributions {
        values,
        base: paths.base,
    })
}

/// Number of leaves below each node, itself included.
fn leaves_below(forest: Forest<'_>) -> Vec<f64> {
    let mut below = vec![1.0; forest.feature.len()];
    for ends in forest.roots.windows(2) {
        let (root, end) = (ends[0] as usize, ends[1] as usize);
        for node in (root..end).rev().filter(|node| forest.feature[*node] >= 0) {
            let children = [forest.left[node], forest.right[node]];
            below[node] = children.map(|c| below[root + c as usize]).iter().sum();
        }
    }
    below
}

/// A point of the quadrature over the share of known columns.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: f64,
    weight: f64,
}

/// The edge from its parent into a node, as far as it does not depend on the account.
#[derive(Debug, Clone, Copy)]
struct Edge {
    column: usize,
    /// Share of the accounts that follow the path at all splits on this column down to here.
    share: f64,
    /// Node that the last edge on the same column leads into; [`NONE`] without.
    before: usize,
}

/// A forest with what every walk through it needs to know.
struct Paths<'a> {
    forest: Forest<'a>,
    edges: Vec<Edge>,
    points: Vec<Point>,
    n_edges: usize,
    base: f64,
}

impl<'a> Paths<'a> {
    fn new(forest: Forest<'a>, cover: &[f64]) -> Result<Self, Error> {
        let n_nodes = forest.feature.len();
        if cover.len() != n_nodes {
            return Err(Error::Length {
                argument: "cover".into(),
                given: cover.len(),
                expected: n_nodes,
            });
        }
        if let Some(bad) = cover.iter().find(|c| !(c.is_finite() && **c >= 0.0)) {
            return Err(Error::out_of_range("cover", bad, "weights of accounts"));
        }
        let mut paths = Self {
            forest,
            edges: vec![
                Edge {
                    column: 0,
                    share: 1.0,
                    before: NONE,
                };
                n_nodes
            ],
            points: Vec::new(),
            n_edges: 0,
            base: 0.0,
        };
        let mut parents = vec![NONE; n_nodes];
        let mut most_columns = 0;
        for ends in forest.roots.windows(2) {
            most_columns = most_columns.max(paths.follow(ends, cover, &mut parents)?);
        }
        paths.points = gauss_legendre(most_columns.div_ceil(2).max(1));
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
            if self.forest.feature[node] < 0 {
                self.base += reach[node - root] * self.forest.value[node];
                most_columns = most_columns.max(columns[node - root]);
                continue;
            }
            let column = self.forest.feature[node] as usize;
            let children = self.children(root, node);
            let both = cover[children[0]] + cover[children[1]];
            let before = self.last_on(column, node, parents);
            for child in children {
                if parents[child] != NONE {
                    return Err(Error::out_of_range(
                        "forest",
                        format!("node {child}"),
                        "every node has one parent",
                    ));
                }
                parents[child] = node;
                let share = if both > 0.0 { cover[child] / both } else { 0.5 };
                let above = if before == NONE {
                    1.0
                } else {
                    self.edges[before].share
                };
                self.edges[child] = Edge {
                    column,
                    share: share * above,
                    before,
                };
                reach[child - root] = reach[node - root] * share;
                depth[child - root] = depth[node - root] + 1;
                columns[child - root] = columns[node - root] + usize::from(before == NONE);
                self.n_edges = self.n_edges.max(depth[child - root]);
            }
            if self.n_edges > MOST_EDGES {
                return Err(Error::out_of_range(
                    "forest",
                    format!("a path of {} splits", self.n_edges),
                    format!("at most {MOST_EDGES}; grow trees of less depth"),
                ));
            }
        }
        Ok(most_columns)
    }

    /// The last node on the way to `node` that an edge on `column` leads into.
    fn last_on(&self, column: usize, node: usize, parents: &[usize]) -> usize {
        let mut here = node;
        while here != NONE && parents[here] != NONE {
            if self.edges[here].column == column {
                return here;
            }
            here = parents[here];
        }
        NONE
    }

    fn children(&self, root: usize, node: usize) -> [usize; 2] {
        [
            root + self.forest.left[node] as usize,
            root + self.forest.right[node] as usize,
        ]
    }
}

/// Memory of one thread for the walks of its accounts.
struct Walk<'p> {
    paths: &'p Paths<'p>,
    prepared: Vec<f64>,
    /// Whether the account follows the path at all splits on the column of the edge into a node.
    follows: Vec<bool>,
    /// Per edge of the path and point: the product of the columns so far.
    products: Vec<f64>,
    /// Per edge of the path and point: the leaves below, each times its product.
    leaves: Vec<f64>,
}

impl<'p> Walk<'p> {
    fn new(paths: &'p Paths<'p>) -> Self {
        let values = (paths.n_edges + 1) * paths.points.len();
        Self {
            paths,
            prepared: Vec::with_capacity(paths.forest.center.len()),
            follows: vec![true; paths.edges.len()],
            products: vec![1.0; values],
            leaves: vec![0.0; values],
        }
    }

    fn row(&mut self, row: &[f64], out: &mut [f64]) {
        let paths = self.paths;
        let mut prepared = std::mem::take(&mut self.prepared);
        paths.forest.prepare(row, &mut prepared);
        self.prepared = prepared;
        out.fill(0.0);
        for ends in paths.forest.roots.windows(2) {
            let root = ends[0] as usize;
            self.visit(root, root, 0, out);
        }
    }

    /// Leaves `leaves` of this depth filled and the contributions of all edges below added.
    fn visit(&mut self, root: usize, node: usize, depth: usize, out: &mut [f64]) {
        let paths = self.paths;
        let n_points = paths.points.len();
        let (here, below) = (depth * n_points, (depth + 1) * n_points);
        if paths.forest.feature[node] < 0 {
            let value = paths.forest.value[node];
            for k in here..below {
                self.leaves[k] = value * self.products[k];
            }
            return;
        }
        self.leaves[here..below].fill(0.0);
        let seen = self.prepared[paths.forest.feature[node] as usize];
        let goes_left = seen <= paths.forest.threshold[node];
        for (child, goes) in paths
            .children(root, node)
            .into_iter()
            .zip([goes_left, !goes_left])
        {
            let edge = paths.edges[child];
            let first = edge.before == NONE;
            let (followed, shared) = if first {
                (true, 1.0)
            } else {
                (self.follows[edge.before], paths.edges[edge.before].share)
            };
            let follows = followed && goes;
            self.follows[child] = follows;
            if !follows && edge.share < NO_SHARE {
                continue;
            }
            for (k, point) in paths.points.iter().enumerate() {
                let factor = point.factor(follows, edge.share) / point.factor(followed, shared);
                self.products[below + k] = self.products[here + k] * factor;
            }
            self.visit(root, child, depth + 1, out);
            let (mut known, mut known_before) = (0.0, 0.0);
            for (k, point) in paths.points.iter().enumerate() {
                let leaves = self.leaves[below + k];
                self.leaves[here + k] += leaves;
                known += point.weight * leaves / point.factor(follows, edge.share);
                known_before += point.weight * leaves / point.factor(followed, shared);
            }
            out[edge.column] += (f64::from(follows) - edge.share) * known;
            if !first {
                // Only the last edge on a column speaks for it: this one takes the place of the other.
                out[edge.column] -= (f64::from(followed) - shared) * known_before;
            }
        }
    }
}

impl Point {
    fn factor(self, follows: bool, share: f64) -> f64 {
        share * (1.0 - self.at) + if follows { self.at } else { 0.0 }
    }
}

/// Points and weights of Gauss–Legendre quadrature on [0, 1] (Abramowitz & Stegun 1964, 25.4.30).
fn gauss_legendre(n: usize) -> Vec<Point> {
    (0..n)
        .map(|i| {
            let guess = (n - i) as f64 - 0.25;
            let mut x = libm::cos(std::f64::consts::PI * guess / (n as f64 + 0.5));
            let mut slope = 1.0;
            // Newton's method doubles the digits each time; from this start three rounds do.
            for _ in 0..6 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                x -= value / derivative;
            }
            Point {
                at: f64::midpoint(x, 1.0),
                weight: 1.0 / ((1.0 - x * x) * slope * slope),
            }
        })
        .collect()
}

/// Legendre polynomial of degree `n` and its derivative, inside (-1, 1).
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests;
