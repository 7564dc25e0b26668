//! The requests of a client, one in each line.

use std::str::FromStr;

use crate::error::Error;
use crate::store::Item;

/// One line of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `PUT tea 10 350`: ten pieces, 350 cents each
    Put(Item),
    /// `GET tea`
    Get(String),
    /// `ORDER tea 2`
    Order { item: String, count: u32 },
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        let refuse = || Error::Request(line.trim().to_owned());
        let number = |word: &str| word.parse().map_err(|_| refuse());
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["PUT", name, stock, price] => {
                Ok(Self::Put(Item { name: name.to_owned(), stock: number(stock)?, price: number(price)? }))
            }
            ["GET", name] => Ok(Self::Get(name.to_owned())),
            ["ORDER", _, "0"] => Err(refuse()),
            ["ORDER", name, count] => Ok(Self::Order { item: name.to_owned(), count: number(count)? }),
            _ => Err(refuse()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[swimlanes::test]
    fn words_are_separated_by_any_white_space() -> Result<(), Error> {
        let order = Request::Order { item: "tea".to_owned(), count: 2 };
        assert_eq!("  ORDER  tea\t2\r".parse::<Request>()?, order);
        Ok(())
    }

    #[swimlanes::test]
    fn invalid_requests_are_refused() {
        for line in ["", "GET", "GET green tea", "get tea", "PUT tea 1", "PUT tea 1 -1", "ORDER tea 0", "ORDER tea x"] {
            let refused = line.parse::<Request>();
            assert!(matches!(&refused, Err(Error::Request(text)) if text == line), "{line:?}: {refused:?}");
        }
    }
}
