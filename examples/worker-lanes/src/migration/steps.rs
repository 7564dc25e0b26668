//! The steps from each version to the next, and back.

/// The step from one version to the next.
pub(crate) struct Step {
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

/// Only add new ones at the end.
pub(crate) const STEPS: [Step; 5] = [
    Step {
        up: "CREATE TABLE parcel (code TEXT PRIMARY KEY, address TEXT NOT NULL, grams INTEGER NOT NULL CHECK (grams > 0))",
        down: "DROP TABLE parcel",
    },
    Step {
        up: "ALTER TABLE parcel ADD COLUMN stage TEXT NOT NULL DEFAULT 'accepted'",
        down: "ALTER TABLE parcel DROP COLUMN stage",
    },
    // The only known event of the past is that each parcel reached its current stage.
    Step {
        up: "CREATE TABLE event (number INTEGER PRIMARY KEY, parcel TEXT NOT NULL REFERENCES parcel (code) ON DELETE CASCADE,
                                 stage TEXT NOT NULL);
             INSERT INTO event (parcel, stage) SELECT code, stage FROM parcel ORDER BY code",
        down: "DROP TABLE event",
    },
    // `Ada, Genoa`: the town is after the last comma; an address without a comma has no town.
    Step {
        up: "ALTER TABLE parcel ADD COLUMN receiver TEXT NOT NULL DEFAULT '';
             ALTER TABLE parcel ADD COLUMN town TEXT NOT NULL DEFAULT '';
             UPDATE parcel SET town = trim(replace(address, rtrim(address, replace(address, ',', '')), ''))
              WHERE instr(address, ',');
             UPDATE parcel SET receiver = trim(rtrim(rtrim(address, replace(address, ',', '')), ',')) WHERE town <> '';
             UPDATE parcel SET receiver = address WHERE town = '';
             ALTER TABLE parcel DROP COLUMN address",
        down: "ALTER TABLE parcel ADD COLUMN address TEXT NOT NULL DEFAULT '';
               UPDATE parcel SET address = iif(town = '', receiver, receiver || ', ' || town);
               ALTER TABLE parcel DROP COLUMN receiver;
               ALTER TABLE parcel DROP COLUMN town",
    },
    Step { up: "CREATE INDEX parcel_by_stage ON parcel (stage, code)", down: "DROP INDEX parcel_by_stage" },
];
