//! Assigns a column to each tick and a row to each bar, and draws the characters.

use std::fmt;

/// The maximum distance between two consecutive ticks, in columns.
const MAX_GAP: u64 = 4;

/// An operation as it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) actor: String,
    pub(super) label: String,
    pub(super) started_at: u64,
    pub(super) ended_at: Option<u64>,
    pub(super) is_highlighted: bool,
}

/// The positions of all bars.
pub(super) struct Layout<'a> {
    bars: &'a [Bar],
    labels: Vec<String>,
    /// All ticks of starts and ends, in order.
    ticks: Vec<u64>,
    /// The column of each tick.
    columns: Vec<usize>,
    /// For each bar its row.
    row_of: Vec<usize>,
    /// For each row its actor.
    rows: Vec<&'a str>,
    /// The number of columns of the bars.
    width: usize,
}

impl<'a> Layout<'a> {
    /// `bars` must be in the order of their starts.
    pub(super) fn new(bars: &'a [Bar], labels: Vec<String>) -> Self {
        let mut ticks: Vec<u64> = bars.iter().flat_map(|bar| [Some(bar.started_at), bar.ended_at]).flatten().collect();
        ticks.sort_unstable();
        ticks.dedup();
        let (rows, row_of) = rows(bars);
        let mut layout = Self { bars, labels, ticks, columns: Vec::new(), row_of, rows, width: 0 };
        layout.place();
        layout
    }

    /// The number of columns of the whole drawing.
    pub(super) fn width(&self) -> usize {
        self.margin() + self.width
    }

    /// Puts each tick as far left as the order and the labels allow.
    fn place(&mut self) {
        for (ix, &tick) in self.ticks.iter().enumerate() {
            let mut column = match ix.checked_sub(1) {
                Some(before) => self.columns[before] + (tick - self.ticks[before]).min(MAX_GAP) as usize + 1,
                None => 0,
            };
            for (bar, label) in self.bars.iter().zip(&self.labels).filter(|(bar, _)| bar.started_at < tick) {
                if bar.ended_at == Some(tick) {
                    column = column.max(self.least_end(bar, label));
                } else if is_moment(bar) {
                    column = column.max(self.least_end(bar, label) + 1);
                }
            }
            self.columns.push(column);
        }
        let last = self.columns.last().map_or(0, |column| column + 1);
        let beyond = |(bar, label): (&Bar, &String)| match bar.ended_at {
            None => self.least_end(bar, label) + 2,
            Some(_) if is_moment(bar) => self.least_end(bar, label) + 1,
            Some(_) => 0,
        };
        let beyond = self.bars.iter().zip(&self.labels).map(beyond).max();
        self.width = last.max(beyond.unwrap_or(0));
    }

    /// The first column at which the bar can end with room for its label.
    fn least_end(&self, bar: &Bar, label: &str) -> usize {
        self.columns[self.rank(bar.started_at)] + label.chars().count() + 3
    }

    fn rank(&self, tick: u64) -> usize {
        self.ticks.partition_point(|&other| other < tick)
    }

    fn margin(&self) -> usize {
        self.rows.iter().map(|actor| actor.chars().count()).max().unwrap_or(0) + 2
    }

    /// Draws a bar. Returns its first column and its characters.
    fn draw_bar(&self, ix: usize) -> (usize, Vec<char>) {
        let (bar, label) = (&self.bars[ix], &self.labels[ix]);
        let [left, line, right] = if bar.is_highlighted { ['┝', '━', '┥'] } else { ['├', '─', '┤'] };
        let from = self.columns[self.rank(bar.started_at)];
        let (line, to) = match bar.ended_at {
            Some(_) if is_moment(bar) => (line, self.least_end(bar, label)),
            Some(ended) => (line, self.columns[self.rank(ended)]),
            None => (if bar.is_highlighted { '╍' } else { '╌' }, self.width - 1),
        };
        let mut cells = vec![line; to - from + 1];
        cells[0] = left;
        if bar.ended_at.is_some() {
            cells[to - from] = right;
        }
        // A space separates the label from the line, or from the end if there is no room for a line.
        let text: Vec<char> = format!(" {label} ").chars().collect();
        for (place, char) in cells[1..].iter_mut().zip(text) {
            *place = char;
        }
        (from, cells)
    }
}

impl fmt::Display for Layout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let margin = self.margin();
        for (row, actor) in self.rows.iter().enumerate() {
            let mut line = vec![' '; margin + self.width];
            for (place, char) in line.iter_mut().zip(actor.chars()) {
                *place = char;
            }
            for ix in (0..self.bars.len()).filter(|&ix| self.row_of[ix] == row) {
                let (from, cells) = self.draw_bar(ix);
                line[margin + from..margin + from + cells.len()].copy_from_slice(&cells);
            }
            writeln!(f, "{}", line.into_iter().collect::<String>().trim_end())?;
        }
        Ok(())
    }
}

/// Whether it started and ended at the same tick. Its bar has room for the label, but ends before the next tick.
fn is_moment(bar: &Bar) -> bool {
    bar.ended_at == Some(bar.started_at)
}

/// One row for each actor, in the order of their first operations; more than one if operations of an actor overlap.
fn rows(bars: &[Bar]) -> (Vec<&str>, Vec<usize>) {
    // For each row its actor, and the tick until which it is occupied.
    let mut rows: Vec<(&str, Option<u64>)> = Vec::new();
    let mut row_of = Vec::new();
    for bar in bars {
        let free = |&(actor, until): &(&str, Option<u64>)| {
            actor == bar.actor && until.is_some_and(|until| until < bar.started_at)
        };
        let row = rows.iter().position(free).unwrap_or(rows.len());
        if row == rows.len() {
            rows.push((&bar.actor, bar.ended_at));
        } else {
            rows[row].1 = bar.ended_at;
        }
        row_of.push(row);
    }
    // The rows of one actor are adjacent.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| rows.iter().position(|other| other.0 == rows[row].0));
    let place = |row: usize| order.iter().position(|&other| other == row).expect("each row has a place in the order");
    (order.iter().map(|&row| rows[row].0).collect(), row_of.into_iter().map(place).collect())
}
