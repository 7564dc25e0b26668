//! The token of a lock's holder.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use redis::{FromRedisValue, ParsingError, RedisWrite, ToRedisArgs, Value};

/// The holder of a lock, and the number of the grant. As text: `17@alpha`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Rises with each grant, so that the older one of two tokens is known: a fencing token. The older forms have no numbers: 0.
    pub number: u64,
    /// The process that holds it.
    pub owner: String,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.number, self.owner)
    }
}

/// The text is not a token.
#[derive(Debug)]
pub struct NoToken(String);

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no token", self.0)
    }
}

impl Error for NoToken {}

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let parts = text.split_once('@').and_then(|(number, owner)| Some((number.parse().ok()?, owner)));
        let (number, owner) = parts.ok_or_else(|| NoToken(text.to_owned()))?;
        Ok(Self { number, owner: owner.to_owned() })
    }
}

impl FromRedisValue for Token {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        String::from_redis_value(value)?.parse().map_err(|error: NoToken| error.to_string().into())
    }
}

impl ToRedisArgs for Token {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        out.write_arg_fmt(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[swimlanes::test]
    fn tokens_round_trip() -> Result<(), NoToken> {
        for owner in ["alpha", "alpha-1@host", ""] {
            let token = Token { number: 17, owner: owner.to_owned() };
            assert_eq!(token.to_string().parse::<Token>()?, token);
        }
        Ok(())
    }

    #[swimlanes::test]
    fn error_names_the_invalid_token() {
        for text in ["", "17", "@alpha", "x@alpha", "-1@alpha"] {
            let error = text.parse::<Token>().expect_err("it is none");
            assert_eq!(error.to_string(), format!("`{text}` is no token"));
        }
    }
}
