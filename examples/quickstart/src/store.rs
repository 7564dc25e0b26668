//! Items and orders in a SQLite file. Several connections may sell from one file at a time.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::Error;
use crate::observer::{self, Order};

/// Each brings a database from one version to the next. Only ever add to the end.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE item (name TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0));
     CREATE TABLE sale (number INTEGER PRIMARY KEY AUTOINCREMENT,
                        item TEXT NOT NULL REFERENCES item (name), count INTEGER NOT NULL)",
    "ALTER TABLE item ADD COLUMN price INTEGER NOT NULL DEFAULT 0",
];

/// Something to sell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// One word, unique in the shop.
    pub name: String,
    /// How many there are.
    pub stock: u32,
    /// What one costs, in cents.
    pub price: u32,
}

/// A connection to the shop's database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

/// Brings the database to the present version. One that is there already stays as it is, and so does one that cannot
/// be brought there.
pub fn migrate(db: &Connection) -> Result<(), Error> {
    let migration = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let version: u32 = migration.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in MIGRATIONS.iter().skip(version as usize) {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    Ok(migration.commit()?)
}

impl Store {
    /// Opens the file, makes it if it is not there, and brings it to the present version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Connection::open(path)?)
    }

    /// The same, for a connection that is open already.
    pub fn new(db: Connection) -> Result<Self, Error> {
        migrate(&db)?;
        Ok(Self { db })
    }

    /// Puts an item into the shop, in place of one of the same name.
    pub fn put(&self, item: &Item) -> Result<(), Error> {
        self.db.execute(
            "INSERT INTO item (name, stock, price) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET stock = excluded.stock, price = excluded.price",
            params![item.name, item.stock, item.price],
        )?;
        Ok(())
    }

    /// The item of that name, or [`Error::UnknownItem`].
    pub fn get(&self, name: &str) -> Result<Item, Error> {
        find(&self.db, name)?.ok_or_else(|| Error::UnknownItem(name.to_owned()))
    }

    /// Sells `count` pieces, or none at all if there are fewer. Answers the number of the order, which no other order
    /// will ever have.
    ///
    /// # Panics
    ///
    /// When `count` is 0.
    pub fn order(&mut self, name: &str, count: u32) -> Result<i64, Error> {
        assert!(count > 0, "an order is for one piece at least");
        // Immediate: between the look at the stock and the sale, nobody else may sell.
        let sale = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let item = find(&sale, name)?.ok_or_else(|| Error::UnknownItem(name.to_owned()))?;
        if item.stock < count {
            return Err(Error::SoldOut { item: item.name, left: item.stock });
        }
        sale.execute("UPDATE item SET stock = stock - ?2 WHERE name = ?1", params![name, count])?;
        sale.execute("INSERT INTO sale (item, count) VALUES (?1, ?2)", params![name, count])?;
        let number = sale.last_insert_rowid();
        sale.commit()?;
        observer::tell(&Order { number, item: item.name, count });
        Ok(number)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.db
    }
}

fn find(db: &Connection, name: &str) -> Result<Option<Item>, Error> {
    let sql = "SELECT name, stock, price FROM item WHERE name = ?1";
    let item = db.query_row(sql, [name], |row| {
        Ok(Item { name: row.get("name")?, stock: row.get("stock")?, price: row.get("price")? })
    });
    Ok(item.optional()?)
}
