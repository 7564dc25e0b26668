//! Valid parcels, and the changes of their stages.

use worker_lanes::{Error, Parcel, Stage};

use crate::fixtures::{Lane, TestResult, parcel};

#[swimlanes::test(cases(
    no_code = (("", "Ada", "Genoa", 1), "`` is no code such as `AB123`"),
    small_letters = (("ab1", "Ada", "Genoa", 1), "`ab1` is no code such as `AB123`"),
    no_digits = (("ABC", "Ada", "Genoa", 1), "`ABC` is no code such as `AB123`"),
    long_code = (("AB12345678901", "Ada", "Genoa", 1), "`AB12345678901` is no code such as `AB123`"),
    no_receiver = (("AB1", " ", "Genoa", 1), "it has no receiver or no town"),
    no_town = (("AB1", "Ada", "", 1), "it has no receiver or no town"),
    light = (("AB1", "Ada", "Genoa", 0), "it weighs 0 g, not 1 to 31500"),
    heavy = (("AB1", "Ada", "Genoa", 31_501), "it weighs 31501 g, not 1 to 31500"),
))]
fn invalid_parcels_are_refused(#[case] parcel: (&str, &str, &str, u32), #[case] why: &str) {
    let (code, receiver, town, grams) = parcel;
    let refused = Parcel::new(code, receiver, town, grams);
    assert!(matches!(&refused, Err(Error::Parcel(what)) if what == why), "{refused:?}");
}

/// The stages of a parcel in the database, to the last one.
#[swimlanes::test(cases(
    delivered = &[Stage::Sorted, Stage::Loaded, Stage::Delivered],
    delivered_at_last = &[Stage::Sorted, Stage::Loaded, Stage::Sorted, Stage::Loaded, Stage::Delivered],
    returned_at_once = &[Stage::Returned],
    returned_from_the_shelf = &[Stage::Sorted, Stage::Returned],
))]
async fn each_stage_of_a_parcel_is_recorded(#[case] way: &[Stage], lane: Lane) -> TestResult {
    let depot = &lane.repository;
    depot.add(&parcel("AB1")).await?;
    for &stage in way {
        depot.advance("AB1", stage).await?;
        assert_eq!(depot.get("AB1").await?.stage, stage);
    }
    assert_eq!(depot.history("AB1").await?, [&[Stage::Accepted], way].concat());
    Ok(())
}

/// A stage, and a stage that cannot follow it.
#[swimlanes::test(cases(
    accepted = (&[], Stage::Loaded),
    sorted = (&[Stage::Sorted], Stage::Delivered),
    loaded = (&[Stage::Sorted, Stage::Loaded], Stage::Returned),
    delivered = (&[Stage::Sorted, Stage::Loaded, Stage::Delivered], Stage::Sorted),
    returned = (&[Stage::Returned], Stage::Accepted),
))]
async fn stages_out_of_order_are_refused(#[case] way: &[Stage], #[case] to: Stage, lane: Lane) -> TestResult {
    let depot = &lane.repository;
    depot.add(&parcel("AB1")).await?;
    for &stage in way {
        depot.advance("AB1", stage).await?;
    }
    let at = depot.get("AB1").await?.stage;
    let refused = depot.advance("AB1", to).await;
    assert!(matches!(refused, Err(Error::Stage { from, .. }) if from == at), "{refused:?}");
    assert_eq!(depot.history("AB1").await?.len(), 1 + way.len());
    Ok(())
}

#[swimlanes::test]
fn no_stage_precedes_the_first_or_follows_the_last() {
    for stage in Stage::ALL {
        assert!(!stage.leads_to(Stage::Accepted), "{stage}");
        assert!(!Stage::Delivered.leads_to(stage), "{stage}");
        assert!(!Stage::Returned.leads_to(stage), "{stage}");
    }
}

#[swimlanes::test]
fn stages_are_parsed_from_their_words() -> TestResult {
    for stage in Stage::ALL {
        assert_eq!(stage.word().parse::<Stage>()?, stage);
    }
    assert!(matches!("lost".parse::<Stage>(), Err(Error::Request(what)) if what == "`lost` is not a stage"));
    Ok(())
}
