use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::simulate::tests::preset;

fn plan(fake_ratio: f64, n_worlds: u64) -> Plan {
    Plan {
        seed: 9,
        fake_ratio,
        n_worlds,
    }
}

/// The first `n` blocks, account after account.
fn accounts(plan: &Plan, n: u64) -> Vec<Placement> {
    let preset = preset("published");
    (0..n)
        .flat_map(|b| plan.block(b, &preset, &mut Memo::default()))
        .collect()
}

#[test]
fn whole_blocks_hold_exactly_the_rounded_share_of_fakes() {
    for ratio in [0.0, 0.001, 0.02, 0.35, 0.355, 0.5, 0.999, 1.0] {
        for worlds in [1, 3] {
            let all = accounts(&plan(ratio, worlds), 30);
            let mut fakes = 0.0;
            for (i, account) in all.iter().enumerate() {
                fakes += f64::from(u8::from(account.attack.is_some()));
                if (i + 1) % 100 == 0 {
                    let expected = ((i + 1) as f64 * ratio).round_ties_even();
                    assert_eq!(fakes, expected, "{ratio} {worlds} {i}");
                }
            }
        }
    }
}

#[test]
fn twelve_consecutive_fakes_of_a_world_suffer_each_attack_once() {
    for worlds in [1, 3] {
        let all = accounts(&plan(0.35, worlds), 60);
        for world in 0..worlds {
            let mine = all.iter().filter(|a| a.world == world);
            let attacks: Vec<_> = mine.filter_map(|a| a.attack).collect();
            for twelve in attacks.chunks_exact(12) {
                assert_eq!(twelve.iter().collect::<HashSet<_>>().len(), 12);
            }
        }
    }
}

#[test]
fn ranks_restart_where_a_neighbourhood_ends_inside_a_block() {
    // Account 65,536 is number 36 of block 655.
    let plan = plan(0.35, 1);
    let preset = preset("published");
    let mut memo = Memo::default();
    let around: Vec<_> = (655..660)
        .flat_map(|b| plan.block(b, &preset, &mut memo))
        .collect();
    let after: Vec<_> = around
        .iter()
        .filter(|a| a.index >= NEIGHBOURHOOD)
        .filter_map(|a| a.attack)
        .collect();
    for twelve in after.chunks_exact(12) {
        assert_eq!(twelve.iter().collect::<HashSet<_>>().len(), 12);
    }
    // The walk from the neighbourhood's start and the count of it agree.
    let walked = (0..655).flat_map(|b| plan.block(b, &preset, &mut memo));
    let fakes = walked.filter(|a| a.attack.is_some()).count() as u64;
    assert_eq!(plan.fakes_between(0, 0, 65_500), fakes);
}

#[test]
fn what_was_found_for_other_blocks_changes_no_decision() {
    let (plan, preset) = (plan(0.35, 2), preset("published"));
    let mut memo = Memo::default();
    for block in [0, 1, 2, 9, 3, 200, 90, 201, 88, 0, 1400, 657, 656] {
        let fresh = plan.block(block, &preset, &mut Memo::default());
        assert_eq!(
            plan.block(block, &preset, &mut memo),
            fresh,
            "block {block}"
        );
    }
}

#[test]
fn cohorts_are_runs_of_consecutive_fakes_of_one_attack() {
    let all = accounts(&plan(1.0, 1), 60);
    let mut of_attack: BTreeMap<&str, Vec<Option<Cohort>>> = BTreeMap::new();
    for account in &all {
        if let Some(attack) = account.attack {
            of_attack
                .entry(attack.name())
                .or_default()
                .push(account.cohort);
        }
    }
    let mut ids = HashSet::new();
    for (attack, cohorts) in of_attack {
        let mut runs: Vec<(Cohort, usize)> = Vec::new();
        for cohort in cohorts.into_iter().flatten() {
            match runs.last_mut() {
                Some((last, n)) if last.id == cohort.id => *n += 1,
                _ => runs.push((cohort, 1)),
            }
        }
        for (i, (cohort, members)) in runs.iter().enumerate() {
            assert!(ids.insert(cohort.id), "{attack}: a cohort in two pieces");
            // The last one continues beyond the accounts made here.
            assert!(
                *members == cohort.size || i + 1 == runs.len(),
                "{attack}: {members} of {}",
                cohort.size
            );
        }
        let always = ["lockstep_cohort", "wave_spam", "sleeper_reactivation"];
        assert!(!runs.is_empty() || !always.contains(&attack));
    }
}

#[test]
fn as_many_normals_as_sleepers_are_idle() {
    for block in accounts(&plan(0.35, 1), 20).chunks(100) {
        let idle = |fake: bool| {
            let mine = |a: &&Placement| a.idle && a.attack.is_some() == fake;
            block.iter().filter(mine).count()
        };
        assert_eq!(idle(true), idle(false));
        assert!(block.iter().all(|a| !a.idle || a.scenario.is_none()));
    }
}

#[test]
fn scenarios_fall_on_a_fixed_share_of_fakes_and_normals() {
    let all = accounts(&plan(0.35, 1), 40);
    let wanted = preset("published").scenarios.share;
    let mut seen = HashSet::new();
    for fake in [false, true] {
        let group: Vec<_> = all.iter().filter(|a| a.attack.is_some() == fake).collect();
        let special = group.iter().filter_map(|a| a.scenario).collect::<Vec<_>>();
        let share = special.len() as f64 / group.len() as f64;
        assert!(
            (share - wanted).abs() < 0.02,
            "{fake}: {share}, not {wanted}"
        );
        seen.extend(special.iter().map(|s| s.name()));
    }
    assert_eq!(seen.len(), Scenario::ALL.len(), "{seen:?}");
}

#[test]
fn families_are_as_frequent_as_their_weight_says_and_stay_in_their_block() {
    for (share, weight) in [(0.25, 1.0), (0.25, 6.0), (1.0, 1.0), (1.0, 40.0)] {
        let mut law = preset("published");
        law.scenarios.share = share;
        law.scenarios.weights.sibling_spillover = weight;
        let plan = plan(0.0, 1);
        let mut families: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let n_blocks = 60;
        for block in 0..n_blocks {
            for account in plan.block(block, &law, &mut Memo::default()) {
                let sibling = account.scenario == Some(Scenario::SiblingSpillover);
                assert_eq!(account.owner.is_some(), sibling);
                if let Some(owner) = account.owner {
                    families.entry(owner).or_default().push(account.index);
                }
            }
        }
        let mut members = 0;
        for family in families.values() {
            assert!((2..=4).contains(&family.len()));
            assert_eq!(family[0] / BLOCK, family[family.len() - 1] / BLOCK);
            members += family.len();
        }
        let expected = share * (n_blocks * BLOCK) as f64 * weight / (13.0 + weight);
        let got = members as f64 / expected;
        assert!((0.85..1.15).contains(&got), "{share} {weight}: {got}");
    }
}
