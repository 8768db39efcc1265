use super::quadrature::gauss_legendre;
use super::*;
use crate::rng::Stream;

const WIDTH: usize = 4;

/// Trees with splits drawn at random, columns repeated on a path included.
#[derive(Default)]
struct Grown {
    roots: Vec<i64>,
    feature: Vec<i32>,
    threshold: Vec<f64>,
    left: Vec<i32>,
    right: Vec<i32>,
    value: Vec<f64>,
    cover: Vec<f64>,
}

impl Grown {
    fn random(index: u64, n_trees: usize, depth: usize) -> Self {
        let mut stream = Stream::new(11, index, 1);
        let mut grown = Self::default();
        for _ in 0..n_trees {
            let root = grown.feature.len();
            grown.roots.push(root as i64);
            grown.grow(&mut stream, root, depth, 64.0);
        }
        grown.roots.push(grown.feature.len() as i64);
        grown
    }

    fn grow(&mut self, stream: &mut Stream, root: usize, depth: usize, cover: f64) -> usize {
        let node = self.feature.len();
        let splits = depth > 0 && (node == root || stream.uniform() < 0.8);
        self.feature.push(if splits {
            (stream.uniform() * WIDTH as f64) as i32
        } else {
            -1
        });
        self.threshold.push(2.0 * stream.uniform() - 1.0);
        self.value
            .push(if splits { 0.0 } else { stream.uniform() - 0.5 });
        self.cover.push(cover);
        self.left.push(0);
        self.right.push(0);
        if splits {
            // One split in ten was never taken to the left.
            let share = (stream.uniform() - 0.1).max(0.0);
            let left = self.grow(stream, root, depth - 1, cover * share);
            let right = self.grow(stream, root, depth - 1, cover * (1.0 - share));
            self.left[node] = (left - root) as i32;
            self.right[node] = (right - root) as i32;
        }
        node
    }

    fn trees(&self) -> Trees<'_> {
        Trees {
            roots: &self.roots,
            feature: &self.feature,
            threshold: &self.threshold,
            left: &self.left,
            right: &self.right,
            value: &self.value,
            cover: Some(&self.cover),
            n_columns: WIDTH,
        }
    }

    /// Mean of the tree below a node where only the columns in `known` are known (Lundberg et al.
    /// 2018, Algorithm 1).
    fn mean(&self, root: usize, node: usize, row: &[f64], known: usize) -> f64 {
        if self.feature[node] < 0 {
            return self.value[node];
        }
        let children = [self.left[node], self.right[node]].map(|c| root + c as usize);
        let column = self.feature[node] as usize;
        if known >> column & 1 == 1 {
            let child = children[usize::from(row[column] > self.threshold[node])];
            return self.mean(root, child, row, known);
        }
        let [left, right] = children.map(|c| self.cover[c]);
        let share = if left + right > 0.0 {
            left / (left + right)
        } else {
            0.5
        };
        share * self.mean(root, children[0], row, known)
            + (1.0 - share) * self.mean(root, children[1], row, known)
    }

    fn game(&self, row: &[f64], known: usize) -> f64 {
        let trees = &self.roots[..self.roots.len() - 1];
        let means = trees
            .iter()
            .map(|root| self.mean(*root as usize, *root as usize, row, known));
        means.sum()
    }

    /// Shapley values by their definition: over all coalitions.
    fn shapley(&self, row: &[f64]) -> Vec<f64> {
        let single: Vec<f64> = row.iter().map(|x| f64::from(*x as f32)).collect();
        let factorial = |n: usize| (1..=n).product::<usize>() as f64;
        (0..WIDTH)
            .map(|j| {
                (0..1 << WIDTH)
                    .filter(|coalition| coalition >> j & 1 == 0)
                    .map(|coalition: usize| {
                        let size = coalition.count_ones() as usize;
                        let weight =
                            factorial(size) * factorial(WIDTH - 1 - size) / factorial(WIDTH);
                        let with = self.game(&single, coalition | 1 << j);
                        weight * (with - self.game(&single, coalition))
                    })
                    .sum()
            })
            .collect()
    }
}

fn rows(index: u64, n: usize) -> Vec<f64> {
    let mut stream = Stream::new(12, index, 1);
    (0..n * WIDTH)
        .map(|_| match (stream.uniform() * 10.0) as usize {
            0 => f64::NAN,
            1 => f64::NEG_INFINITY,
            _ => 6.0 * stream.uniform() - 3.0,
        })
        .collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

#[test]
fn contributions_are_the_shapley_values_of_all_coalitions() {
    for index in 0..60 {
        let grown = Grown::random(index, 3, 1 + index as usize % 6);
        let features = rows(index, 5);
        let found = contributions(&features, grown.trees(), 1).unwrap();
        for (row, values) in features.chunks(WIDTH).zip(found.values.chunks(WIDTH)) {
            for (value, wanted) in values.iter().zip(grown.shapley(row)) {
                assert!(
                    close(*value, wanted),
                    "{value} against {wanted}, forest {index}"
                );
            }
        }
        assert!(close(found.base, grown.game(&[0.0; WIDTH], 0)));
    }
}

#[test]
fn contributions_add_up_to_the_sum_of_the_forest_however_deep_it_is() {
    for depth in [1, 4, 12] {
        let grown = Grown::random(depth, 8, depth as usize);
        let features = rows(depth, 20);
        let found = contributions(&features, grown.trees(), 2).unwrap();
        for (row, values) in features.chunks(WIDTH).zip(found.values.chunks(WIDTH)) {
            let single: Vec<f64> = row.iter().map(|x| f64::from(*x as f32)).collect();
            let sum = grown.game(&single, (1 << WIDTH) - 1);
            assert!(close(found.base + values.iter().sum::<f64>(), sum));
        }
    }
}

#[test]
fn without_covers_all_leaves_of_a_tree_count_the_same() {
    let grown = Grown::random(3, 1, 5);
    let features = rows(3, 5);
    let uncounted = Trees {
        cover: None,
        ..grown.trees()
    };
    let found = contributions(&features, uncounted, 1).unwrap();
    let leaves: Vec<f64> = (0..grown.feature.len())
        .filter(|node| grown.feature[*node] < 0)
        .map(|node| grown.value[node])
        .collect();
    assert!(close(
        found.base,
        leaves.iter().sum::<f64>() / leaves.len() as f64
    ));
    let sum: f64 = found.values[..WIDTH].iter().sum();
    let single: Vec<f64> = features[..WIDTH]
        .iter()
        .map(|x| f64::from(*x as f32))
        .collect();
    assert!(close(
        found.base + sum,
        grown.game(&single, (1 << WIDTH) - 1)
    ));
}

#[test]
fn any_thread_count_gives_the_same_bits() {
    let grown = Grown::random(5, 4, 6);
    let features = rows(5, 301);
    let one = contributions(&features, grown.trees(), 1).unwrap();
    for threads in [2, 7] {
        let many = contributions(&features, grown.trees(), threads).unwrap();
        assert_eq!(one.values, many.values);
    }
}

#[test]
fn quadrature_is_exact_for_twice_as_many_powers_as_points() {
    for n in 1..40_usize {
        let points = gauss_legendre(n);
        for power in 0..2 * n {
            let sum: f64 = points
                .iter()
                .map(|(at, weight)| weight * at.powi(power as i32))
                .sum();
            assert!(
                close(sum, 1.0 / (power as f64 + 1.0)),
                "{n} points, power {power}"
            );
        }
    }
}

#[test]
fn covers_and_trees_that_cannot_be_are_refused() {
    let grown = Grown::random(1, 1, 3);
    let features = rows(1, 1);
    let with = |cover: &[f64]| {
        let trees = Trees {
            cover: Some(cover),
            ..grown.trees()
        };
        contributions(&features, trees, 1)
    };
    assert!(with(&grown.cover[1..]).is_err());
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        let mut cover = grown.cover.clone();
        cover[0] = bad;
        assert!(with(&cover).is_err());
    }
    assert!(contributions(&features[1..], grown.trees(), 1).is_err());
    let mut twice = Grown::random(1, 1, 3);
    twice.left[0] = twice.right[0];
    assert!(contributions(&features, twice.trees(), 1).is_err());
}

#[test]
fn a_path_too_long_to_walk_is_refused() {
    let n_splits = 600_usize;
    let mut chain = Grown::default();
    for split in 0..n_splits {
        let node = 2 * split as i32;
        chain.feature.extend([0, -1]);
        chain.left.extend([node + 1, 0]);
        chain.right.extend([node + 2, 0]);
    }
    chain.feature.push(-1);
    chain.left.push(0);
    chain.right.push(0);
    let n_nodes = chain.feature.len();
    chain.roots = vec![0, n_nodes as i64];
    chain.threshold = vec![0.0; n_nodes];
    chain.value = vec![1.0; n_nodes];
    chain.cover = vec![1.0; n_nodes];
    assert!(contributions(&rows(1, 1), chain.trees(), 1).is_err());
}
