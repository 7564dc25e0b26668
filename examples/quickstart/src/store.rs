//! Items and orders in a SQLite file. Several connections can sell from one file at the same time.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::Error;
use crate::observer::{self, Order};

/// Each migration brings a database from one version to the next. Only add new ones at the end.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE item (name TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0));
     CREATE TABLE sale (number INTEGER PRIMARY KEY AUTOINCREMENT,
                        item TEXT NOT NULL REFERENCES item (name), count INTEGER NOT NULL)",
    "ALTER TABLE item ADD COLUMN price INTEGER NOT NULL DEFAULT 0",
];

/// An item for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// One word, unique in the shop.
    pub name: String,
    /// The number of pieces.
    pub stock: u32,
    /// The price of one piece, in cents.
    pub price: u32,
}

/// A connection to the shop's database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

/// Migrates the database to the current version. If a migration fails, or none is needed, the database does not change.
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
    /// Opens the file, creates it if it does not exist, and migrates it to the current version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Connection::open(path)?)
    }

    /// As `open`, for an open connection.
    pub fn new(db: Connection) -> Result<Self, Error> {
        migrate(&db)?;
        Ok(Self { db })
    }

    /// Puts an item into the shop. Replaces an item of the same name.
    pub fn put(&self, item: &Item) -> Result<(), Error> {
        self.db.execute(
            "INSERT INTO item (name, stock, price) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET stock = excluded.stock, price = excluded.price",
            params![item.name, item.stock, item.price],
        )?;
        Ok(())
    }

    /// The item with this name, or [`Error::UnknownItem`].
    pub fn get(&self, name: &str) -> Result<Item, Error> {
        find(&self.db, name)?.ok_or_else(|| Error::UnknownItem(name.to_owned()))
    }

    /// Sells `count` pieces, or none if there are fewer. Returns the number of the order, which is never used again.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn order(&mut self, name: &str, count: u32) -> Result<i64, Error> {
        assert!(count > 0, "an order is for one piece at least");
        // Immediate: no other connection can sell between the check of the stock and the sale.
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
