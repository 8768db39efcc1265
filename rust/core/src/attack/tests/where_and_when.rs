//! What changes, where, and what stays as it was.

use super::*;

#[test]
fn every_attack_changes_every_account_in_whole_counts() {
    every_case(|attack, n, organic, order| {
        let (counts, drawn) = attacked(order, organic);
        let cells = changed(&organic.counts, &counts);
        assert!(cells.contains(&true), "{attack} on {n} changes nothing");
        assert!(drawn.intensity > 0.0 && drawn.intensity.is_finite());
        for (m, series) in counts.iter().enumerate() {
            assert_eq!(series.len(), n);
            for (t, &count) in series.iter().enumerate() {
                assert_eq!(count, count.round(), "{attack}: not a whole count");
                let may_fall = attack == Attack::DeliveryPurge;
                assert!(may_fall || count >= organic.counts[m][t], "{attack} takes");
                if m == 1 && !attack.may_exceed_views() {
                    assert!(count <= counts[0][t], "{attack}: {count} likes");
                }
            }
        }
    });
}

#[test]
fn windows_are_the_changed_cells_joined_over_a_day() {
    every_case(|attack, _, organic, order| {
        let (counts, _) = attacked(order, organic);
        let windows = changed_windows(&organic.counts, &counts, 24);
        assert!(!windows.is_empty(), "{attack}");
        for (m, attacked) in counts.iter().enumerate() {
            let own: Vec<_> = windows.iter().filter(|w| w.metric == m).collect();
            for (t, (&before, &after)) in organic.counts[m].iter().zip(attacked).enumerate() {
                let inside = own.iter().any(|w| (w.start..w.end).contains(&t));
                assert!(before == after || inside, "{attack}: change outside");
            }
            for w in &own {
                assert_ne!(organic.counts[m][w.start], attacked[w.start]);
                assert_ne!(organic.counts[m][w.end - 1], attacked[w.end - 1]);
                let sum: f64 = (w.start..w.end)
                    .map(|t| f64::from(attacked[t]) - f64::from(organic.counts[m][t]))
                    .sum();
                assert_eq!(sum, w.injected);
            }
            for pair in own.windows(2) {
                assert!(pair[1].start - pair[0].end > 24);
            }
        }
    });
}

#[test]
fn clean_days_remain_unless_the_law_says_otherwise() {
    let law = AttackLaw {
        full_length_share: 0.0,
        ..AttackLaw::default()
    };
    let full = AttackLaw {
        full_length_share: 1.0,
        ..AttackLaw::default()
    };
    for attack in Attack::ALL {
        for key in 0..60 {
            let n = [168, 240, 336][key as usize % 3];
            let organic = account(200.0, n, key, 0);
            let (counts, _) = attacked(&order(attack, &law, key), &organic);
            let cells = changed(&organic.counts, &counts);
            let first = cells.iter().position(|&c| c).unwrap();
            let last = cells.iter().rposition(|&c| c).unwrap();
            assert!(
                last + 1 - first <= n - 72,
                "{attack}: {first}..{last} of {n}"
            );
        }
    }
    for attack in [Attack::OrganicMimicry, Attack::DripFeed] {
        let organic = account(2000.0, 336, 5, 0);
        let (counts, _) = attacked(&order(attack, &full, 5), &organic);
        let cells = changed(&organic.counts, &counts);
        assert!(cells[..30].contains(&true) && cells[306..].contains(&true));
    }
}

#[test]
fn same_keys_same_bytes_other_keys_other_bytes() {
    let law = AttackLaw::default();
    for attack in Attack::ALL {
        let organic = account(500.0, 336, 3, 0);
        let (first, _) = attacked(&order(attack, &law, 1), &organic);
        assert_eq!(first, attacked(&order(attack, &law, 1), &organic).0);
        assert_ne!(first, attacked(&order(attack, &law, 2), &organic).0);
        let mut through_apply = organic.counts.clone();
        let parts = through_apply.each_mut().map(Vec::as_mut_slice);
        let mut scratch = Scratch::default();
        apply(
            attack,
            &organic.organic(),
            &law,
            None,
            7,
            1,
            parts,
            &mut scratch,
        );
        assert_eq!(first, through_apply);
    }
}

#[test]
fn members_of_a_cohort_act_at_the_same_time() {
    let law = AttackLaw::default();
    for attack in Attack::ALL.into_iter().filter(|a| a.may_share_clock()) {
        for cohort in 0..10 {
            let spans: Vec<(usize, usize)> = (0..8)
                .map(|k| {
                    let key = cohort * 100 + k;
                    let organic = account(800.0, 336, key, 0);
                    let mut order = order(attack, &law, key);
                    order.cohort = Some(clock(cohort));
                    let (counts, _) = attacked(&order, &organic);
                    let cells = changed(&organic.counts, &counts);
                    let first = cells.iter().position(|&c| c).unwrap();
                    (first, cells.iter().rposition(|&c| c).unwrap())
                })
                .collect();
            let latest_start = spans.iter().map(|s| s.0).max().unwrap();
            let earliest_end = spans.iter().map(|s| s.1).min().unwrap();
            assert!(latest_start <= earliest_end, "{attack}: {spans:?}");
        }
    }
}

#[test]
fn memory_that_others_used_changes_nothing() {
    let law = AttackLaw {
        dispersion: 0.3,
        ..AttackLaw::default()
    };
    let mut used = Scratch::default();
    for key in 0..120 {
        let attack = Attack::ALL[key as usize % 12];
        let n = LENGTHS[key as usize % LENGTHS.len()];
        let account = account(SIZES[key as usize % SIZES.len()], n, key, 0);
        let order = order(attack, &law, key);
        let (fresh, drawn) = attacked(&order, &account);
        let mut counts = account.counts.clone();
        let parts = counts.each_mut().map(Vec::as_mut_slice);
        let again = carry_out(&order, &account.organic(), parts, &mut used);
        assert_eq!((fresh, drawn), (counts, again), "{attack}");
    }
}

#[test]
fn expected_counts_may_share_a_slice_and_differ_by_a_factor() {
    let law = AttackLaw::default();
    for attack in Attack::ALL {
        let account = account(900.0, 336, 8, 0);
        let mut shared = account.organic();
        shared.expected = [shared.expected[0]; 4];
        shared.factor = RATIOS.map(|ratio| ratio as f32);
        let (apart, _) = attacked(&order(attack, &law, 2), &account);
        let mut counts = account.counts.clone();
        let parts = counts.each_mut().map(Vec::as_mut_slice);
        carry_out(
            &order(attack, &law, 2),
            &shared,
            parts,
            &mut Scratch::default(),
        );
        for (m, (a, b)) in apart.iter().zip(&counts).enumerate() {
            let [a, b] = [a, b].map(|c| c.iter().map(|&c| f64::from(c)).sum::<f64>());
            // Rates differ by rounding alone.
            assert!((a - b).abs() <= 1e-4 * a + 1.0, "{attack} {m}: {a} {b}");
        }
    }
}
