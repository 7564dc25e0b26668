//! A configuration of the search: which operations an order contains, and the state after them.

use crate::history::model::Model;

use crate::history::linearize::entry::{Entries, Entry};

/// The operations that an order contains, and the state after them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Configuration<S> {
    /// The ranks of operations with an end.
    with_end: Ranks,
    /// The ranks of operations without an end, apart from the others, as an order may omit them.
    in_flight: Ranks,
    pub(super) state: S,
}

impl<S> Configuration<S> {
    /// Before all operations.
    pub(super) fn before_all(state: S) -> Self {
        Self { with_end: Ranks::default(), in_flight: Ranks::default(), state }
    }

    /// The configuration after one more operation.
    pub(super) fn after<M: Model<State = S>>(&self, entry: &Entry<'_, M>, state: S) -> Self {
        let mut configuration = Self { with_end: self.with_end.clone(), in_flight: self.in_flight.clone(), state };
        let ranks = if entry.ended_at.is_some() { &mut configuration.with_end } else { &mut configuration.in_flight };
        ranks.insert(entry.rank);
        configuration
    }

    /// The operations with an end, and the state.
    pub(super) fn key(&self) -> (Ranks, S)
    where
        S: Clone,
    {
        (self.with_end.clone(), self.state.clone())
    }

    /// The operations without an end.
    pub(super) fn in_flight(&self) -> &Ranks {
        &self.in_flight
    }

    pub(super) fn contains<M: Model<State = S>>(&self, entry: &Entry<'_, M>) -> bool {
        if entry.ended_at.is_some() { self.with_end.contains(entry.rank) } else { self.in_flight.contains(entry.rank) }
    }

    /// The operations that are not in the order, by their starts.
    pub(super) fn remaining<'a, M: Model<State = S>>(
        &'a self,
        entries: &'a Entries<'_, M>,
    ) -> impl Iterator<Item = usize> + 'a {
        entries.in_flight_and_from(self.with_end.all_below()).filter(|&ix| !self.contains(&entries[ix]))
    }

    /// Whether all operations in the order started before this tick.
    pub(super) fn started_before<M: Model<State = S>>(&self, tick: u64, entries: &Entries<'_, M>) -> bool {
        let [with_end, in_flight] = entries.started_before(tick);
        self.with_end.are_below(with_end) && self.in_flight.are_below(in_flight)
    }
}

/// A set of ranks that is dense up to some rank and sparse beyond, so a long history takes no more space than a short one.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Ranks {
    /// The number of full words of 64 ranks.
    full: usize,
    /// The words after the full ones, up to the last one that is not empty.
    words: Vec<u64>,
}

impl Ranks {
    fn contains(&self, rank: usize) -> bool {
        match (rank / 64).checked_sub(self.full) {
            Some(word) => self.words.get(word).is_some_and(|word| word >> (rank % 64) & 1 == 1),
            None => true,
        }
    }

    /// Whether all ranks are in the other set.
    pub(super) fn are_within(&self, other: &Self) -> bool {
        (0..self.full + self.words.len()).all(|word| self.word(word) & !other.word(word) == 0)
    }

    fn word(&self, word: usize) -> u64 {
        match word.checked_sub(self.full) {
            Some(word) => self.words.get(word).copied().unwrap_or(0),
            None => u64::MAX,
        }
    }

    /// The rank must not be in the set.
    fn insert(&mut self, rank: usize) {
        let word = rank / 64 - self.full;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (rank % 64);
        let full = self.words.iter().take_while(|word| **word == u64::MAX).count();
        self.words.drain(..full);
        self.full += full;
    }

    /// A rank below which the set contains all.
    fn all_below(&self) -> usize {
        self.full * 64
    }

    /// Whether the set contains only ranks below this one.
    fn are_below(&self, rank: usize) -> bool {
        let beyond = self
            .words
            .last()
            .map_or(self.full * 64, |last| (self.full + self.words.len()) * 64 - last.leading_zeros() as usize);
        beyond <= rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_set_is_independent_of_the_insertion_order() {
        let forward = (0..200).chain([300]);
        let (mut one, mut other) = (Ranks::default(), Ranks::default());
        forward.clone().for_each(|rank| one.insert(rank));
        forward.rev().for_each(|rank| other.insert(rank));
        assert!(one == other);
        let there: Vec<usize> = (0..1000).filter(|&rank| one.contains(rank)).collect();
        assert_eq!(there, (0..200).chain([300]).collect::<Vec<_>>());
        assert_eq!(one.all_below(), 192);
        assert!(one.are_below(301) && !one.are_below(300));
    }

    #[test]
    fn rank_set_knows_its_supersets() {
        let ranks = |all: &mut dyn Iterator<Item = usize>| {
            let mut ranks = Ranks::default();
            all.for_each(|rank| ranks.insert(rank));
            ranks
        };
        let sets = [ranks(&mut (0..0)), ranks(&mut (0..63)), ranks(&mut (0..70)), ranks(&mut (0..128).chain([300]))];
        for (n, smaller) in sets.iter().enumerate() {
            assert!(sets[n..].iter().all(|greater| smaller.are_within(greater)));
            assert!(sets[..n].iter().all(|greater| !smaller.are_within(greater)));
        }
        assert!(!ranks(&mut [64].into_iter()).are_within(&ranks(&mut (0..64))));
    }

    #[test]
    fn rank_set_compresses_full_words() {
        let mut ranks = Ranks::default();
        assert!(ranks.are_below(0));
        (0..128).for_each(|rank| ranks.insert(rank));
        assert_eq!((ranks.full, ranks.words.len()), (2, 0));
        assert!(ranks.are_below(128) && !ranks.are_below(127));
    }
}
