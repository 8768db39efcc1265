//! How much is delivered, and what the knobs do.

use super::*;

/// Mean of attacked over expected views inside the changed steps.
fn lift(organic: &Account, counts: &[Vec<f32>; 4], metric: usize) -> f64 {
    let windows = changed_windows(&organic.counts, counts, 0);
    let (mut sum, mut expected) = (0.0, 0.0);
    for window in windows.iter().filter(|w| w.metric == metric) {
        let steps = window.start..window.end;
        sum += counts[metric][steps.clone()]
            .iter()
            .map(|&c| f64::from(c))
            .sum::<f64>();
        expected += organic.expected[metric][steps]
            .iter()
            .map(|&rate| f64::from(rate))
            .sum::<f64>();
    }
    sum / expected
}

#[test]
fn large_accounts_get_the_intensity_that_was_asked() {
    let law = quiet_law();
    for key in 0..20 {
        let organic = account(5000.0, 336, key, 0);
        for attack in [Attack::SingleSpike, Attack::WaveSpam, Attack::OffPeakBursts] {
            let mut order = order(attack, &law, key);
            order.placement.intensity = Some(10.0);
            let (counts, drawn) = attacked(&order, &organic);
            assert_eq!(drawn.intensity, 10.0);
            let lift = lift(&organic, &counts, 0);
            assert!((9.3..10.7).contains(&lift), "{attack}: {lift}");
        }
        let mut order = order(Attack::DripFeed, &law, key);
        order.placement.intensity = Some(0.4);
        order.placement.place = Place::Fill(48..240);
        let (counts, _) = attacked(&order, &organic);
        let added: f64 = changed_windows(&organic.counts, &counts, 24)
            .iter()
            .filter(|w| w.metric == 0)
            .map(|w| w.injected)
            .sum();
        let level = added / 192.0 / organic.mean[0];
        assert!((0.37..0.43).contains(&level), "drip feed: {level}");
    }
}

#[test]
fn likes_alone_leave_views_alone() {
    let law = AttackLaw {
        variant_share: 0.0,
        ..quiet_law()
    };
    let organic = account(5000.0, 336, 1, 0);
    let mut order = order(Attack::LikeOnlyInflation, &law, 1);
    order.placement.intensity = Some(5.0);
    let (counts, _) = attacked(&order, &organic);
    let views = lift(&organic, &counts, 0);
    let likes = lift(&organic, &counts, 1);
    assert!(
        likes > 2.5 && (views < 1.5 || views.is_nan()),
        "{views} {likes}"
    );
}

#[test]
fn purges_take_back_what_was_delivered_and_can_be_clipped() {
    let clipped = AttackLaw {
        corrections: Corrections::Clipped,
        ..AttackLaw::default()
    };
    let law = AttackLaw::default();
    let mut negative = 0;
    for key in 0..50 {
        let organic = account(30.0, 336, key, 0);
        let (counts, _) = attacked(&order(Attack::DeliveryPurge, &law, key), &organic);
        let fell = |a: &Vec<f32>, b: &Vec<f32>| a.iter().zip(b).any(|(a, b)| a < b);
        assert!(fell(&counts[0], &organic.counts[0]), "nothing taken back");
        let net: f64 = changed_windows(&organic.counts, &counts, 24)
            .iter()
            .map(|w| w.injected)
            .sum();
        assert!(net >= 0.0, "more taken than delivered");
        negative += usize::from(counts.iter().flatten().any(|&c| c < 0.0));
        let (counts, _) = attacked(&order(Attack::DeliveryPurge, &clipped, key), &organic);
        assert!(counts.iter().flatten().all(|&c| c >= 0.0));
    }
    assert!(negative > 20, "{negative} of 50 negative");
}

#[test]
fn sleepers_stay_untouched_until_the_shared_activation() {
    let law = AttackLaw::default();
    for cohort in 0..30 {
        let wakes = activation_step(&clock(cohort), 336);
        assert!((120..=240).contains(&wakes));
        let organic = account(6.0, 336, cohort, 336);
        let mut order = order(Attack::SleeperReactivation, &law, cohort);
        order.cohort = Some(clock(cohort));
        let (counts, _) = attacked(&order, &organic);
        let cells = changed(&organic.counts, &counts);
        assert!(!cells[..wakes].contains(&true));
        assert!(cells[wakes..].iter().take(72).any(|&c| c));
    }
    // Without a clock the idle spell decides.
    let organic = account(20.0, 336, 77, 200);
    let (counts, _) = attacked(&order(Attack::SleeperReactivation, &law, 3), &organic);
    let first = changed(&organic.counts, &counts).iter().position(|&c| c);
    assert!(first.is_some_and(|t| (24..=215).contains(&t)), "{first:?}");
}

/// Sum and mean squared step-to-step relative change of what was added to views.
fn added_views(law: &AttackLaw, attack: Attack, key: u64) -> (f64, Vec<f64>) {
    let organic = account(20_000.0, 336, key, 0);
    let (counts, _) = attacked(&order(attack, law, key), &organic);
    let added: Vec<f64> = (0..336)
        .map(|t| f64::from(counts[0][t]) - f64::from(organic.counts[0][t]))
        .collect();
    (added.iter().sum(), added)
}

#[test]
fn knobs_move_what_they_say() {
    let quiet = quiet_law();
    let total = |law: &AttackLaw| added_views(law, Attack::OrganicMimicry, 4).0;
    let base = total(&quiet);
    let ratio = total(&AttackLaw {
        gain: 3.0,
        ..quiet.clone()
    }) / base;
    assert!((2.9..3.1).contains(&ratio), "gain: {ratio}");
    let busy = |law: &AttackLaw| {
        let (_, added) = added_views(law, Attack::OrganicMimicry, 4);
        added.iter().filter(|&&a| a > 0.0).count()
    };
    let short = AttackLaw {
        duration_scale: 0.2,
        ..quiet.clone()
    };
    assert!(busy(&short) * 3 < busy(&quiet), "duration_scale");
    let noisy = AttackLaw {
        extra_noise: 0.5,
        ..quiet.clone()
    };
    let rough = |law: &AttackLaw| {
        let (_, added) = added_views(law, Attack::OrganicMimicry, 4);
        let logs: Vec<f64> = added
            .iter()
            .filter(|&&a| a > 50.0)
            .map(|a| a.ln())
            .collect();
        logs.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / logs.len() as f64
    };
    assert!(rough(&noisy) > 4.0 * rough(&quiet), "extra_noise");
    let jittery = AttackLaw {
        edge_jitter: 0.5,
        ..quiet.clone()
    };
    assert!(rough(&jittery) > 4.0 * rough(&quiet), "edge_jitter");
    let round = AttackLaw {
        round_orders: 1.0,
        ..quiet.clone()
    };
    for key in 0..10 {
        let (sum, _) = added_views(&round, Attack::BurstsSmall, key);
        assert_eq!(sum % 1000.0, 0.0, "round_orders: {sum}");
    }
    let spread = AttackLaw {
        coupling_sd: 0.6,
        ..quiet.clone()
    };
    let likes_gain = |law: &AttackLaw, key| {
        let organic = account(20_000.0, 336, key, 0);
        let (counts, _) = attacked(&order(Attack::WaveSpam, law, key), &organic);
        let total = |m: usize| -> f64 {
            let windows = changed_windows(&organic.counts, &counts, 24);
            windows
                .iter()
                .filter(|w| w.metric == m)
                .map(|w| w.injected)
                .sum()
        };
        (total(1) / total(0)).ln()
    };
    let sd = |law: &AttackLaw| {
        let gains: Vec<f64> = (0..30).map(|key| likes_gain(law, key)).collect();
        let mean = gains.iter().sum::<f64>() / 30.0;
        (gains.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / 29.0).sqrt()
    };
    assert!(sd(&quiet) < 0.05 && sd(&spread) > 0.3, "coupling_sd");
}

#[test]
fn knobs_of_shape_move_what_they_say() {
    let quiet = quiet_law();
    let views = |law: &AttackLaw, attack| added_views(law, attack, 6).1;
    let busy = |law: &AttackLaw, attack| views(law, attack).iter().filter(|&&a| a > 0.0).count();
    let law = |change: fn(&mut AttackLaw)| {
        let mut law = quiet_law();
        change(&mut law);
        law
    };
    let soft = law(|l| {
        l.hard_edge_share = 0.0;
        l.edge_hours = 40.0;
    });
    assert!(
        busy(&soft, Attack::WaveSpam) > busy(&quiet, Attack::WaveSpam),
        "edge_hours"
    );
    // Smeared feeds touch every step, the others one step in two to twenty-four.
    let smeared = busy(&law(|l| l.smeared_share = 1.0), Attack::DripFeed);
    let runs = busy(&law(|l| l.smeared_share = 0.0), Attack::DripFeed);
    assert!(
        smeared > 20 && runs * 3 < smeared * 2,
        "smeared_share: {runs} of {smeared}"
    );
    let rough = |law: &AttackLaw| {
        let added = views(law, Attack::OrganicMimicry);
        let logs: Vec<f64> = added
            .iter()
            .filter(|&&a| a > 50.0)
            .map(|a| a.ln())
            .collect();
        logs.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / logs.len() as f64
    };
    assert!(
        rough(&law(|l| l.dispersion = 0.2)) > 4.0 * rough(&quiet),
        "dispersion"
    );
    let intensity = |size: f64, exponent: f64| {
        let organic = account(size, 336, 1, 0);
        let law = AttackLaw {
            size_exponent: exponent,
            ..quiet_law()
        };
        attacked(&order(Attack::WaveSpam, &law, 1), &organic)
            .1
            .intensity
            - 1.0
    };
    assert!(
        intensity(2.0, 0.2) > 1.5 * intensity(5000.0, 0.2),
        "size_exponent"
    );
    assert_eq!(intensity(2.0, 0.0), intensity(5000.0, 0.0));
    let delay = |law: &AttackLaw| {
        let organic = account(20_000.0, 336, 2, 0);
        let order = order(Attack::SingleSpike, law, 2);
        let (counts, _) = attacked(&order, &organic);
        let first = |m: usize| {
            counts[m]
                .iter()
                .zip(&organic.counts[m])
                .position(|(a, b)| a != b)
        };
        (1..4)
            .map(|m| first(m).unwrap() - first(0).unwrap())
            .max()
            .unwrap()
    };
    assert_eq!(delay(&quiet), 0);
    assert!(
        delay(&law(|l| l.metric_delay_hours = 24.0)) > 0,
        "metric_delay_hours"
    );
    let taken = |share: f64| -> f64 {
        let law = AttackLaw {
            purged_share: [share; 2],
            refill_share: 0.0,
            ..quiet_law()
        };
        let added = views(&law, Attack::DeliveryPurge);
        let down: f64 = added.iter().filter(|&&a| a < 0.0).sum();
        let up: f64 = added.iter().filter(|&&a| a > 0.0).sum();
        -down / up
    };
    assert!(
        (taken(0.3) - 0.3).abs() < 0.02 && (taken(0.8) - 0.8).abs() < 0.02,
        "purged_share"
    );
}

#[test]
fn any_cadence_any_length_any_gap() {
    let law = AttackLaw::default();
    for attack in Attack::ALL {
        for hours_per_step in [1.0 / 60.0, 0.25, 1.0, 6.0, 24.0, 168.0, 730.5] {
            for n in [0, 1, 2, 5, 30, 200] {
                let mut organic = account(70.0, n, n as u64, 0);
                organic.counts[3] = vec![f32::NAN; n];
                for t in (0..n).step_by(3) {
                    organic.counts[0][t] = f32::NAN;
                }
                let mut order = order(attack, &law, n as u64);
                order.placement.hours_per_step = hours_per_step;
                for range in [None, Some(0..0), Some(1..2), Some(3..700)] {
                    for place in [Place::Fill, Place::Within] {
                        order.placement.place = range.clone().map_or(Place::Anywhere, place);
                        let (counts, _) = attacked(&order, &organic);
                        assert!(counts[3].iter().all(|c| c.is_nan()));
                        assert!(counts[0].iter().step_by(3).all(|c| c.is_nan()));
                        let windows = changed_windows(&organic.counts, &counts, 24);
                        let asked = range.clone().unwrap_or(0..n);
                        let inside = |w: &Window| w.start >= asked.start && w.end <= asked.end;
                        assert!(windows.iter().all(inside), "{attack} {asked:?}");
                        let observed = asked.end.min(n) > asked.start.max(1);
                        assert!(
                            !observed || !windows.is_empty(),
                            "{attack} {hours_per_step} {n}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn names_go_both_ways_and_laws_are_checked() {
    for attack in Attack::ALL {
        assert_eq!(attack.name().parse::<Attack>(), Ok(attack));
        let json = serde_json::to_string(&attack).unwrap();
        assert_eq!(json, format!("\"{attack}\""));
    }
    assert!("drip".parse::<Attack>().is_err());
    assert!(AttackLaw::default().validate().is_ok());
    let law: AttackLaw = serde_json::from_str(r#"{"gain": 2.0}"#).unwrap();
    assert_eq!(law.gain, 2.0);
    assert!(serde_json::from_str::<AttackLaw>(r#"{"gian": 2.0}"#).is_err());
    for broken in [
        AttackLaw {
            gain: 0.0,
            ..AttackLaw::default()
        },
        AttackLaw {
            round_orders: f64::NAN,
            ..AttackLaw::default()
        },
        AttackLaw {
            purged_share: [0.9, 0.2],
            ..AttackLaw::default()
        },
        AttackLaw {
            drip_feed: Strength {
                weights: [0.0; 4],
                ..AttackLaw::default().drip_feed
            },
            ..AttackLaw::default()
        },
    ] {
        assert!(broken.validate().is_err());
    }
}
