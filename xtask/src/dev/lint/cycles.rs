//! Checks that no file imports itself through others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::Import;
use super::source_tree::SourceTree;

/// For each file, the files that it imports, with the line of the first such import.
type Graph = BTreeMap<usize, BTreeMap<usize, usize>>;

/// One violation for each group of files that all import each other, with a shortest cycle in it.
pub(super) fn violations(tree: &SourceTree, imports: &[Import]) -> Vec<String> {
    let mut graph = Graph::new();
    for import in imports {
        for &to in &import.files {
            graph.entry(import.from).or_default().entry(to).or_insert(import.line);
        }
    }
    let groups = groups(&graph);
    groups.iter().filter_map(|group| Some(violation(tree, group, &shortest_cycle(&graph, group)?))).collect()
}

/// A cycle is a list of files, each with the line in which it imports the next one; the last one imports the first.
fn violation(tree: &SourceTree, group: &BTreeSet<usize>, cycle: &[(usize, usize)]) -> String {
    let path = |ix: usize| tree.files[ix].path.display().to_string();
    let mut steps: Vec<String> = cycle.iter().map(|&(ix, line)| format!("{}:{line}", path(ix))).collect();
    steps.push(path(cycle[0].0));
    let text = format!("these files import each other in a cycle: {}", steps.join(" -> "));
    let others = group.iter().filter(|ix| cycle.iter().all(|(in_cycle, _)| in_cycle != *ix));
    let others: Vec<String> = others.map(|&ix| path(ix)).collect();
    match others.len() {
        0 => text,
        n => format!("{text}; {n} more files are in cycles with these: {}", others.join(", ")),
    }
}

/// The files that import each other, directly or through others: two or more in each group.
fn groups(graph: &Graph) -> Vec<BTreeSet<usize>> {
    let reached: BTreeMap<usize, BTreeSet<usize>> = graph.keys().map(|&from| (from, reachable(graph, from))).collect();
    let mut groups: Vec<BTreeSet<usize>> = Vec::new();
    for (&from, to) in reached.iter().filter(|(from, to)| to.contains(from)) {
        if groups.iter().all(|group| !group.contains(&from)) {
            let is_back = |ix: &&usize| reached.get(ix).is_some_and(|back| back.contains(&from));
            groups.push(to.iter().filter(is_back).copied().collect());
        }
    }
    groups
}

fn reachable(graph: &Graph, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        queue.extend(graph.get(&at).into_iter().flat_map(BTreeMap::keys).filter(|&&next| reached.insert(next)));
    }
    reached
}

fn shortest_cycle(graph: &Graph, group: &BTreeSet<usize>) -> Option<Vec<(usize, usize)>> {
    group.iter().filter_map(|&start| cycle_from(graph, start)).min_by_key(Vec::len)
}

/// A shortest path from the file back to itself.
fn cycle_from(graph: &Graph, start: usize) -> Option<Vec<(usize, usize)>> {
    let mut came_from: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for (&next, &line) in graph.get(&at).into_iter().flatten() {
            if let std::collections::btree_map::Entry::Vacant(entry) = came_from.entry(next) {
                entry.insert((at, line));
                queue.push_back(next);
            }
        }
    }
    let mut cycle = vec![*came_from.get(&start)?];
    while let Some(&(at, _)) = cycle.last().filter(|(at, _)| *at != start) {
        cycle.push(came_from[&at]);
    }
    cycle.reverse();
    Some(cycle)
}
