//! Invariants after all clients have ended: events in order, none lost, none twice, and no gap in the tracked notifications.

use event_tracking::{BOOK, Event, INVOICES, ORDERS, Recorder, Store, Tracking};

use crate::TestResult;

/// Checks the state after this number of orders.
pub(crate) fn check(recorder: &mut dyn Recorder, n_orders: usize) -> TestResult {
    let orders = recorder.notifications(ORDERS, 0, i64::MAX)?;
    if orders.len() != n_orders {
        return Err(format!("{n_orders} orders were placed, {} are there", orders.len()).into());
    }
    let invoices = recorder.notifications(INVOICES, 0, i64::MAX)?;
    let numbers: Vec<i64> = (1..).take(n_orders).collect();
    let found = [
        ("notifications", orders.iter().map(|order| order.id).collect()),
        ("tracking records", recorder.tracked(ORDERS)?),
        ("numbers of invoices", invoices.iter().map(|invoice| invoice.event.originator_version).collect()),
        ("places of invoices", invoices.iter().map(|invoice| invoice.id).collect()),
    ];
    if let Some((what, found)) = found.into_iter().find(|(_, found)| *found != numbers) {
        return Err(format!("{what} are {found:?}, not {numbers:?}").into());
    }
    let placed: Vec<&str> = orders.iter().map(|order| order.event.originator_id.as_str()).collect();
    let invoiced: Vec<&str> = invoices.iter().map(|invoice| invoice.event.state.as_str()).collect();
    match placed == invoiced {
        true => Ok(()),
        false => Err(format!("orders {placed:?} have invoices {invoiced:?}").into()),
    }
}

/// Two orders, a and b; the listed notifications are tracked, and the listed orders have an invoice.
#[swimlanes::test(cases(
    all_is_well = (&[1, 2], &["a", "b"], ""),
    one_too_few = (&[1], &["a"], "tracking records are [1], not [1, 2]"),
    lost = (&[1, 2], &["a"], "numbers of invoices are [1], not [1, 2]"),
    twice = (&[1, 2], &["a", "b", "b"], "numbers of invoices are [1, 2, 3], not [1, 2]"),
    the_wrong_one = (&[1, 2], &["a", "a"], r#"orders ["a", "b"] have invoices ["a", "a"]"#),
    out_of_order = (&[1, 2], &["b", "a"], r#"orders ["a", "b"] have invoices ["b", "a"]"#),
    a_gap = (&[2], &["a", "b"], "tracking records are [2], not [1, 2]"),
))]
fn check_reports(#[case] tracked: &[i64], #[case] invoiced: &[&str], #[case] expected: &str) -> TestResult {
    let mut recorder = Store::default().recorder();
    recorder.begin()?;
    for order in ["a", "b"] {
        recorder.insert_event(ORDERS, &event(order, 1, "placed"))?;
    }
    for &notification_id in tracked {
        recorder.insert_tracking(&Tracking { application_name: ORDERS.to_owned(), notification_id })?;
    }
    for (number, order) in (1..).zip(invoiced) {
        recorder.insert_event(INVOICES, &event(BOOK, number, order))?;
    }
    recorder.commit()?;
    let problem = check(&mut recorder, 2).err().map(|error| error.to_string());
    assert_eq!(problem.unwrap_or_default(), expected);
    Ok(())
}

pub(crate) fn event(originator_id: &str, originator_version: i64, state: &str) -> Event {
    Event { originator_id: originator_id.to_owned(), originator_version, state: state.to_owned() }
}
