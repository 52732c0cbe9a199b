//! The named limits of scripts.

/// Longest script, in octets.
pub const SCRIPT_OCTETS_MAX: usize = 32 * 1024;
/// Deepest nesting of blocks and tests together.
pub const NESTING_DEPTH_MAX: usize = 32;
/// Most commands in one script.
pub const COMMAND_COUNT_MAX: usize = 1_000;
/// Most tests in one script.
pub const TEST_COUNT_MAX: usize = 2_000;
/// Most strings in one list.
pub const STRING_LIST_COUNT_MAX: usize = 1_000;
/// Most `redirect` commands in one script.
pub const REDIRECT_COUNT_MAX: usize = 100;
/// Largest number: what every reader of JSON keeps exact, 2^53 - 1.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;
/// Longest regular expression, in octets.
pub const REGEX_OCTETS_MAX: usize = 1_000;
/// Most regular expressions in one script, in lists and tests together: each is compiled whenever the script is.
pub const REGEX_COUNT_MAX: u32 = 50;
/// Largest regular expression once it is compiled, in octets. It is matched in linear time whatever it says.
pub const REGEX_COMPILED_OCTETS_MAX: usize = 256 * 1024;
