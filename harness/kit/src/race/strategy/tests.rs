//! Compares the choices of the strategies with brute force.

use std::collections::BTreeSet;

use crate::race::strategy::exhaustive::Exhaustive;
use crate::race::strategy::{Explore, Strategy};

/// Runs a round of actors, each with the given number of points, and returns the order in which they ran.
fn play(strategy: &mut Strategy, round: usize, stops: &[usize]) -> Vec<usize> {
    let mut remaining: Vec<usize> = stops.iter().map(|stops| stops + 1).collect();
    let mut order = Vec::new();
    strategy.begin(round, stops.len());
    loop {
        let ready: Vec<usize> = (0..remaining.len()).filter(|&actor| remaining[actor] > 0).collect();
        if ready.is_empty() {
            return order;
        }
        let actor = strategy.choose(&ready, order.last().copied());
        remaining[actor] -= 1;
        order.push(actor);
    }
}

/// All orders of the remaining steps, by brute force.
fn every_order(remaining: &mut [usize], so_far: &mut Vec<usize>, orders: &mut BTreeSet<Vec<usize>>) {
    if remaining.iter().all(|&n| n == 0) {
        orders.insert(so_far.clone());
    }
    for actor in 0..remaining.len() {
        if remaining[actor] > 0 {
            remaining[actor] -= 1;
            so_far.push(actor);
            every_order(remaining, so_far, orders);
            so_far.pop();
            remaining[actor] += 1;
        }
    }
}

/// How often an actor was preempted.
fn preemptions(order: &[usize]) -> usize {
    let runs_later = |at: usize| order[at + 2..].contains(&order[at]);
    (0..order.len().saturating_sub(2)).filter(|&at| order[at] != order[at + 1] && runs_later(at)).count()
}

#[track_caller]
fn check_every(stops: &[usize], max_preemptions: usize) {
    let mut orders = BTreeSet::new();
    every_order(&mut stops.iter().map(|stops| stops + 1).collect::<Vec<_>>(), &mut Vec::new(), &mut orders);
    orders.retain(|order| preemptions(order) <= max_preemptions);
    let mut strategy = Strategy::Exhaustive(Exhaustive::new(max_preemptions, usize::MAX));
    let mut orders_run = BTreeSet::new();
    for round in 0.. {
        assert!(orders_run.insert(play(&mut strategy, round, stops)), "an interleaving came twice");
        if !strategy.end() {
            break;
        }
    }
    assert_eq!(orders_run, orders);
}

#[test]
fn exhaustive_search_runs_each_interleaving_once() {
    for stops in [&[0][..], &[1, 1], &[2, 1], &[0, 0, 0], &[1, 1, 1], &[2, 0, 3], &[1, 1, 0, 1]] {
        check_every(stops, usize::MAX);
    }
}

#[test]
fn exhaustive_search_knows_whether_it_is_complete() {
    for (n_rounds, is_complete) in [(5, false), (6, true), (7, true)] {
        let mut strategy = Strategy::new(Explore::All, 0, n_rounds);
        let mut n_played = 0;
        let mut is_more = true;
        while is_more && n_played < n_rounds {
            play(&mut strategy, n_played, &[1, 1]);
            is_more = strategy.end();
            n_played += 1;
        }
        assert_eq!((n_played, is_more), (n_rounds.min(6), !is_complete));
    }
}

#[test]
fn exhaustive_search_detects_divergence() {
    let mut strategy = Strategy::new(Explore::All, 0, 100);
    play(&mut strategy, 0, &[1, 1]);
    assert!(strategy.end());
    assert_eq!(strategy.divergence(), None);
    play(&mut strategy, 1, &[0, 0]);
    strategy.end();
    play(&mut strategy, 2, &[0, 0]);
    strategy.end();
    play(&mut strategy, 3, &[0]);
    assert!(strategy.divergence().is_some());
}

#[test]
fn replay_detects_another_length() {
    for (text, divergence) in [("0-1-0-1", None), ("0-1-0", Some(4)), ("0-1-0-1-1", Some(5)), ("1-1-1-0", Some(3))] {
        let mut strategy = Strategy::replay(text.parse().expect("an interleaving"));
        play(&mut strategy, 0, &[1, 1]);
        strategy.end();
        assert_eq!(strategy.divergence(), divergence, "{text}");
    }
}

#[test]
fn preemption_limit_is_respected() {
    for most in 0..4 {
        check_every(&[2, 2, 1], most);
    }
}

#[test]
fn same_seed_gives_the_same_rounds() {
    for explore in [Explore::Random, Explore::Pct { depth: 3 }] {
        let rounds = |seed| {
            let mut strategy = Strategy::new(explore, seed, 20);
            (0..20).map(|round| play(&mut strategy, round, &[2, 2, 2])).collect::<Vec<_>>()
        };
        assert_eq!(rounds(7), rounds(7));
        assert_ne!(rounds(7), rounds(8));
        assert!(rounds(7).iter().collect::<BTreeSet<_>>().len() > 10, "rounds differ");
    }
}

#[test]
fn pct_of_depth_one_runs_each_actor_to_its_end() {
    let mut strategy = Strategy::new(Explore::Pct { depth: 1 }, 7, 20);
    for round in 0..20 {
        assert_eq!(preemptions(&play(&mut strategy, round, &[2, 2, 2])), 0);
    }
}

#[test]
fn pct_depth_limits_preemptions() {
    for depth in 1..5 {
        let mut strategy = Strategy::new(Explore::Pct { depth }, 7, 100);
        for round in 0..100 {
            assert!(preemptions(&play(&mut strategy, round, &[2, 2, 2, 2])) < depth);
            strategy.end();
        }
    }
}

#[test]
fn replay_repeats_its_interleaving() {
    let mut strategy = Strategy::replay("2-0-1-0-1-2".parse().expect("an interleaving"));
    for round in 0..3 {
        assert_eq!(play(&mut strategy, round, &[1, 1, 1]), [2, 0, 1, 0, 1, 2]);
    }
    assert_eq!(strategy.divergence(), None);
    // A replay that diverges continues with other actors.
    assert_eq!(play(&mut strategy, 3, &[1, 0]).len(), 3);
    assert_eq!(strategy.divergence(), Some(1));
}
