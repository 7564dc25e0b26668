//! Histories that many threads and tasks record.

use super::*;

#[test]
fn concurrent_operations_are_ordered_by_unique_ticks() {
    let history = History::new();
    std::thread::scope(|s| {
        for actor in 0..4 {
            let history = &history;
            s.spawn(move || (0..100).for_each(|call| history.begin(actor, call).end(call + 1)));
        }
    });
    let operations = history.take();
    assert_eq!(operations.len(), 400);
    assert!(operations.iter().all(|o| o.result() == Some(&(o.call() + 1))));
    assert!(operations.is_sorted_by_key(Operation::started_at));
    let mut ticks: Vec<u64> = operations.iter().flat_map(|o| [Some(o.started_at()), o.ended_at()]).flatten().collect();
    ticks.sort_unstable();
    assert_eq!(ticks, (0..800).collect::<Vec<u64>>());
}

#[test]
fn panicking_actor_leaves_an_operation_in_flight() {
    let history: History<&str, ()> = History::new();
    let result = std::thread::scope(|s| {
        s.spawn(|| {
            let _operation = history.begin("alice", "write");
            panic!("alice stumbles");
        })
        .join()
    });
    assert!(result.is_err());
    assert_eq!(history.operations()[0].ended_at(), None);
    history.begin("bob", "write").end(());
    assert_eq!(history.operations().len(), 2);
}

#[test]
fn late_end_of_a_removed_operation_is_ignored() {
    let history = History::new();
    let (late, withdrawn) = (history.begin("alice", "first"), history.begin("bob", "first"));
    assert_eq!(history.take().len(), 2);
    let next = history.begin("alice", "second");
    late.end(1);
    withdrawn.discard();
    next.end(2);
    let operations = history.take();
    assert_eq!(operations, [Operation::new("alice", "second", 2, 4, 2)]);
}

#[test]
fn operations_can_be_held_across_an_await() {
    let history = std::sync::Arc::new(History::new());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime can be built");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..4)
            .map(|actor| {
                let history = std::sync::Arc::clone(&history);
                tokio::spawn(async move {
                    let operation = history.begin(actor, "call");
                    tokio::task::yield_now().await;
                    operation.end(actor);
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    assert!(history.operations().iter().all(|o| o.ended_at().is_some()));
}
