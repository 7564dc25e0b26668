//! Parses the arguments of `#[swimlanes::test(…)]`. Each error has the span of the word that is wrong.

use std::num::NonZeroU32;
use std::time::Duration;

use proc_macro2::Span;
use swimlanes_core::attributes::{Access, LockNamespace, Pace};
use swimlanes_core::backoff::{self, Backoff, RetryOn};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, LitInt, LitStr, Token, parenthesized};

use crate::ast::{Cases, Constraint, CratePath, Flavor, LockClaim};
use crate::cases;
use crate::key_value::{boolean, crate_path, no_value, number, parsed, string, text, time};

/// The arguments of `#[swimlanes::test(…)]`.
#[derive(Default)]
pub(crate) struct TestArgs {
    pub(crate) cases: Option<Cases>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) group: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) retry_on: Option<RetryOn>,
    pub(crate) pace: Pace,
    pub(crate) own_process: bool,
    pub(crate) fresh_thread: bool,
    pub(crate) flavor: Option<(Flavor, Span)>,
    pub(crate) worker_threads: Option<LitInt>,
    pub(crate) start_paused: Option<LitBool>,
    /// The variant of Tokio's enum, with the span of the argument's name.
    pub(crate) unhandled_panic: Option<Ident>,
    pub(crate) crate_path: CratePath,
}

const KNOWN: &str = "`#[swimlanes::test]` accepts `cases`, `serial`, `no_parallel`, `shared_resource`, `group`, `tags`, `timeout`, `retries`, \
                     `backoff`, `retry_on`, `slow`, `takes`, `isolation`, `thread`, `flavor`, `worker_threads`, `start_paused`, \
                     `unhandled_panic` and `crate`";

impl TestArgs {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        let mut keys: Vec<String> = Vec::new();
        let mut retry_key = None;
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let name = key.to_string();
            let may_repeat = name == "shared_resource" || (name == "serial" && input.peek(Token![=]));
            if !may_repeat && keys.contains(&name) {
                return Err(syn::Error::new(key.span(), format!("`{name}` is given twice")));
            }
            args.parse_one(&key, &name, input)?;
            if matches!(&*name, "backoff" | "retry_on") {
                retry_key.get_or_insert(key);
            }
            keys.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        match retry_key {
            Some(key) if args.retries.is_none() => {
                let message = format!("`{key}` has no effect without retries: add `retries = 2`");
                Err(syn::Error::new(key.span(), message))
            }
            _ => Ok(args),
        }
    }

    fn parse_one(&mut self, key: &Ident, name: &str, input: ParseStream<'_>) -> syn::Result<()> {
        match name {
            "cases" => self.cases = Some(cases::parse(key, input)?),
            "serial" if input.peek(Token![=]) => {
                let name = text(key, input)?;
                self.add_lock(LockClaim { namespace: LockNamespace::Serial, name, access: Access::Exclusive })?;
            }
            "serial" if input.peek(syn::token::Paren) => {
                return Err(input.error("write a key of `serial` as in `serial = \"key\"`"));
            }
            "serial" => self.alone(Constraint::Serial, key, input)?,
            "no_parallel" => self.alone(Constraint::NoParallel, key, input)?,
            "shared_resource" => self.shared_resource(key, input)?,
            "group" => self.group = Some(text(key, input)?),
            "tags" => self.tags(key, input)?,
            "timeout" => self.timeout = Some(time(key, input)?),
            "retries" => self.retries = Some(number(key, input)?.base10_parse()?),
            "backoff" => self.backoff = Some(parsed(&text(key, input)?, backoff::parse)?),
            "retry_on" => self.retry_on = Some(parsed(&text(key, input)?, backoff::parse_retry_on)?),
            "slow" => self.pace(Pace::Slow, key, input)?,
            "takes" => {
                let time = time(key, input)?;
                self.pace(Pace::Takes(time), key, input)?;
            }
            "isolation" => {
                let value = text(key, input)?;
                if value.value() != "process" {
                    let message = "unknown isolation: a test accepts only `isolation = \"process\"`, which runs it in its own process";
                    return Err(syn::Error::new(value.span(), message));
                }
                self.own_process = true;
            }
            "thread" => {
                let value = text(key, input)?;
                if value.value() != "fresh" {
                    let message =
                        "unknown thread: a test accepts only `thread = \"fresh\"`, which runs it on its own thread";
                    return Err(syn::Error::new(value.span(), message));
                }
                self.fresh_thread = true;
            }
            "flavor" => self.flavor(key, input)?,
            "worker_threads" => {
                let threads = number(key, input)?;
                if threads.base10_parse::<usize>()? == 0 {
                    return Err(syn::Error::new(threads.span(), "a runtime needs at least one worker thread"));
                }
                self.worker_threads = Some(threads);
            }
            "start_paused" => self.start_paused = Some(boolean(key, input)?),
            "unhandled_panic" => self.unhandled_panic(key, input)?,
            "crate" => self.crate_path = crate_path(key, input)?,
            _ => return Err(syn::Error::new(key.span(), format!("unknown argument `{name}`: {KNOWN}"))),
        }
        Ok(())
    }

    /// Adds a lock that this attribute or one of serial_test's claims.
    pub(crate) fn add_lock(&mut self, claim: LockClaim) -> syn::Result<()> {
        let name = claim.name.value();
        let is_same = |constraint: &Constraint| match constraint {
            Constraint::Lock(other) => other.namespace == claim.namespace && other.name.value() == name,
            Constraint::Serial | Constraint::NoParallel => false,
        };
        if self.constraints.iter().any(is_same) {
            let message = match &*name {
                "" => "this lock is claimed twice: remove one claim".to_owned(),
                name => format!("the lock `{name}` is claimed twice: remove one claim"),
            };
            return Err(syn::Error::new(claim.name.span(), message));
        }
        self.constraints.push(Constraint::Lock(claim));
        Ok(())
    }

    fn alone(&mut self, constraint: Constraint, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        no_value(key, input)?;
        let is_alone = |constraint: &Constraint| matches!(constraint, Constraint::Serial | Constraint::NoParallel);
        if self.constraints.iter().any(is_alone) {
            return Err(syn::Error::new(
                key.span(),
                "`serial` and `no_parallel` cannot be combined: `no_parallel` includes `serial`",
            ));
        }
        self.constraints.push(constraint);
        Ok(())
    }

    fn pace(&mut self, pace: Pace, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if pace == Pace::Slow {
            no_value(key, input)?;
        }
        if self.pace != Pace::Unknown {
            return Err(syn::Error::new(key.span(), "`slow` and `takes` cannot be combined: `takes` is more precise"));
        }
        self.pace = pace;
        Ok(())
    }

    /// `= "name"`, `("name")`, `("name", read)`, `("name", shared)` or `("name", n = 2)`
    fn shared_resource(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if !input.peek(syn::token::Paren) {
            let name = text(key, input)?;
            return self.add_lock(LockClaim { namespace: LockNamespace::Resource, name, access: Access::Exclusive });
        }
        let content;
        parenthesized!(content in input);
        let name = string(&content, "a resource needs a name: `shared_resource(\"redis\")`")?;
        let mut access = Access::Exclusive;
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
        if !content.is_empty() {
            let word = content.call(Ident::parse_any)?;
            access = match &*word.to_string() {
                "read" | "shared" => Access::Shared,
                "n" => {
                    let units = number(&word, &content)?;
                    let n = NonZeroU32::new(units.base10_parse()?);
                    Access::Units(n.ok_or_else(|| {
                        syn::Error::new(units.span(), "a test needs at least one unit of the resource: `n = 1`")
                    })?)
                }
                _ => {
                    return Err(syn::Error::new(
                        word.span(),
                        "after the name of a resource, only `read`, `shared` or `n = …` is accepted",
                    ));
                }
            };
            content.parse::<Option<Token![,]>>()?;
        }
        if !content.is_empty() {
            return Err(content.error("unexpected argument: write one `shared_resource(…)` for each resource"));
        }
        self.add_lock(LockClaim { namespace: LockNamespace::Resource, name, access })
    }

    fn tags(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(key.span(), "tags need parentheses: `tags(\"slow\", \"db\")`"));
        }
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            self.tags.push(string(&content, "a tag is a string: `tags(\"slow\", \"db\")`")?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn flavor(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let value = text(key, input)?;
        let flavor = match &*value.value() {
            "current_thread" => Flavor::CurrentThread,
            "multi_thread" => Flavor::MultiThread,
            _ => {
                return Err(syn::Error::new(
                    value.span(),
                    "unknown flavor: use \"current_thread\" or \"multi_thread\"",
                ));
            }
        };
        self.flavor = Some((flavor, key.span()));
        Ok(())
    }

    fn unhandled_panic(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let value = text(key, input)?;
        let variant = match &*value.value() {
            "ignore" => "Ignore",
            "shutdown_runtime" => "ShutdownRuntime",
            _ => {
                let message = "unknown value of `unhandled_panic`: use \"ignore\" or \"shutdown_runtime\"";
                return Err(syn::Error::new(value.span(), message));
            }
        };
        self.unhandled_panic = Some(Ident::new(variant, key.span()));
        Ok(())
    }
}
