//! Where an order has got to.

use crate::history::model::Model;

use crate::history::linearize::entry::{Entries, Entry};

/// Which operations are in an order, and the state after them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Place<S> {
    /// Ranks of those with an end.
    ended: Ranks,
    /// Ranks of those without. Apart from the others, as they may be missing for ever.
    open: Ranks,
    pub(super) state: S,
}

impl<S> Place<S> {
    /// Before all operations.
    pub(super) fn before_all(state: S) -> Self {
        Self { ended: Ranks::default(), open: Ranks::default(), state }
    }

    /// After one more.
    pub(super) fn after<M: Model<State = S>>(&self, entry: &Entry<'_, M>, state: S) -> Self {
        let mut place = Self { ended: self.ended.clone(), open: self.open.clone(), state };
        let ranks = if entry.ended.is_some() { &mut place.ended } else { &mut place.open };
        ranks.insert(entry.rank);
        place
    }

    /// What was done of all that has an end, and the state.
    pub(super) fn key(&self) -> (Ranks, S)
    where
        S: Clone,
    {
        (self.ended.clone(), self.state.clone())
    }

    /// What was done of all that has no end.
    pub(super) fn open(&self) -> &Ranks {
        &self.open
    }

    pub(super) fn is_done<M: Model<State = S>>(&self, entry: &Entry<'_, M>) -> bool {
        if entry.ended.is_some() { self.ended.contains(entry.rank) } else { self.open.contains(entry.rank) }
    }

    /// Those that are not in the order, as they began.
    pub(super) fn not_done<'a, M: Model<State = S>>(
        &'a self,
        entries: &'a Entries<'_, M>,
    ) -> impl Iterator<Item = usize> + 'a {
        entries.open_and_from(self.ended.all_below()).filter(|&ix| !self.is_done(&entries[ix]))
    }

    /// Did all that are in the order begin before this tick?
    pub(super) fn began_before<M: Model<State = S>>(&self, tick: u64, entries: &Entries<'_, M>) -> bool {
        let [ended, open] = entries.begun_before(tick);
        self.ended.are_below(ended) && self.open.are_below(open)
    }
}

/// A set of ranks, most of which are in it up to some rank, and hardly any beyond: a long history takes no more room than a short one.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Ranks {
    /// So many words of 64 ranks are full.
    full: usize,
    /// The words after those, up to the last one that is not empty.
    words: Vec<u64>,
}

impl Ranks {
    fn contains(&self, rank: usize) -> bool {
        match (rank / 64).checked_sub(self.full) {
            Some(word) => self.words.get(word).is_some_and(|word| word >> (rank % 64) & 1 == 1),
            None => true,
        }
    }

    /// Are all of them in the other one?
    pub(super) fn are_within(&self, other: &Self) -> bool {
        (0..self.full + self.words.len()).all(|word| self.word(word) & !other.word(word) == 0)
    }

    fn word(&self, word: usize) -> u64 {
        match word.checked_sub(self.full) {
            Some(word) => self.words.get(word).copied().unwrap_or(0),
            None => u64::MAX,
        }
    }

    /// It must not be in it.
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

    /// A rank below which all are in it.
    fn all_below(&self) -> usize {
        self.full * 64
    }

    /// Is none in it from this rank on?
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
    fn ranks_are_a_set_whatever_the_order_in_which_they_come() {
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
    fn a_set_is_within_a_greater_one() {
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
    fn full_words_take_no_room() {
        let mut ranks = Ranks::default();
        assert!(ranks.are_below(0));
        (0..128).for_each(|rank| ranks.insert(rank));
        assert_eq!((ranks.full, ranks.words.len()), (2, 0));
        assert!(ranks.are_below(128) && !ranks.are_below(127));
    }
}
