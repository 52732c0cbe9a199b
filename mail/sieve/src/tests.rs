//! Scripts that are right, and what is said about those that are not.

use crate::limit::{COMMAND_COUNT_MAX, NESTING_DEPTH_MAX, SCRIPT_OCTETS_MAX, STRING_LIST_COUNT_MAX};
use crate::{Argument, Capability, FaultKind, Tag, Trial, Verb, capabilities, compile};

/// Line, column and sentence of what is wrong.
fn fault(script: &str) -> (u32, u32, String) {
    let fault = compile(script).expect_err(script);
    (fault.at.line, fault.at.column, fault.kind.english())
}

#[test]
fn scripts_of_the_standards_are_right() {
    for script in [
        "",
        "# nothing but a comment\r\n",
        "keep;",
        // RFC 5228 section 9.
        "require [\"fileinto\"];\r\nif header :is \"Sender\" \"owner-ietf-mta-filters@imc.org\"\r\n{\r\n  fileinto \
         \"filter\";\r\n}\r\nelsif address :DOMAIN :is [\"From\", \"To\"] \"example.com\"\r\n{\r\n  keep;\r\n}\r\nelsif \
         anyof (NOT address :all :contains [\"To\", \"Cc\", \"Bcc\"] \"me@example.com\", header :matches \"subject\" \
         [\"*make*money*fast*\", \"*university*dipl*mas*\"])\r\n{\r\n  fileinto \"spam\";\r\n}\r\nelse\r\n{\r\n  \
         fileinto \"personal\";\r\n}\r\n",
        "if size :over 100K { discard; }",
        "require \"reject\"; if header :contains \"from\" \"x\" { reject text: # why\nNo.\n..dots\n.\n; }",
        // RFC 5229, 5232, 3894, 5490, 8579.
        "require [\"variables\", \"fileinto\", \"copy\", \"mailbox\", \"special-use\", \"imap4flags\"];\nset :lower \
         :upperfirst \"name\" \"${1}\"; fileinto :copy :create :specialuse \"\\\\Junk\" :flags [\"\\\\Seen\", \"$x\"] \
         \"INBOX/${name}\"; addflag \"f\" \"\\\\Deleted\"; if hasflag :contains \"f\" \"x\" { keep; }",
        // RFC 5230, 6131.
        "require \"vacation-seconds\"; vacation :seconds 1800 :addresses [\"a@x.example\"] :subject \"Away\" \"Gone.\";",
        // RFC 5260, 5231, 5233, 5183.
        "require [\"date\", \"relational\", \"index\", \"subaddress\", \"environment\", \"comparator-i;ascii-numeric\"];\n\
         if allof (currentdate :value \"ge\" \"date\" \"2026-01-01\", date :originalzone \"date\" \"hour\" \"09\", header \
         :index 1 :last \"received\" \"x\", address :detail \"to\" \"news\", header :count \"gt\" :comparator \
         \"i;ascii-numeric\" \"received\" \"3\", environment \"name\" \"x\") { stop; }",
        // RFC 5293, 5173, 5435, 7352, 5235, 6609.
        "require [\"editheader\", \"body\", \"enotify\", \"duplicate\", \"spamtestplus\", \"virustest\", \"include\", \
         \"relational\"];\naddheader :last \"X-Sorted\" \"yes\"; deleteheader :index 2 \"X-Old\"; deleteheader :contains \
         \"X-Old\" [\"a\", \"b\"]; if body :content \"text\" :contains \"x\" { notify :importance \"1\" :message \"!\" \
         \"mailto:a@x.example\"; } if anyof (duplicate :handle \"h\" :seconds 60 :last, spamtest :percent :value \"gt\" \
         \"50\", virustest :value \"ge\" \"4\") { include :global :once \"common\"; return; }",
        // RFC 5463: what is not there is not looked at.
        "require \"ihave\"; if ihave \"vnd.unknown\" { do_something :new \"x\"; } elsif ihave \"fileinto\" { fileinto \
         \"x\"; } else { error \"neither\"; }",
        "require [\"extlists\", \"envelope\", \"ereject\"]; if envelope :list \"from\" \":addrbook:default\" { redirect \
         :list \"tag:x.example,2026:staff@x.example\"; } else { ereject \"No.\"; }",
    ] {
        if let Err(fault) = compile(script) {
            panic!("{fault}\n{script}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (script, at, word) in [
        ("keep", (1, 1), "`;` or a block"),
        ("keep;\nfileinto \"x\";", (2, 1), "needs `require \"fileinto\";`"),
        ("keep; require \"fileinto\";", (1, 7), "before every other"),
        ("require \"teleport\";", (1, 9), "\"teleport\" is not known"),
        ("require [\"fileinto\", \"teleport\"];", (1, 22), "\"teleport\" is not known"),
        ("teleport;", (1, 1), "no command `teleport`"),
        ("if teleport { keep; }", (1, 4), "no test `teleport`"),
        ("if header :teleport \"a\" \"b\" { keep; }", (1, 11), "no tag `:teleport`"),
        ("if header :is :contains \"a\" \"b\" { keep; }", (1, 15), "contradicts"),
        ("if header \"a\" :is \"b\" { keep; }", (1, 15), "before the other"),
        ("if header \"a\" { keep; }", (1, 15), "a string or a list"),
        ("if header \"a\" \"b\" \"c\" { keep; }", (1, 19), "no further argument"),
        ("if header \"a:\" \"b\" { keep; }", (1, 11), "not the name of a header"),
        ("if size 5 { keep; }", (1, 9), "`:over` or `:under`"),
        ("if size :over \"5\" { keep; }", (1, 15), "a number"),
        ("if not { keep; }", (1, 8), "too few"),
        ("if true;", (1, 8), "ends in a block"),
        ("keep { stop; }", (1, 6), "ends in a block"),
        ("else { keep; }", (1, 1), "behind the block"),
        ("if true { keep;", (1, 15), "the end of the script"),
        ("keep; }", (1, 7), "a command is expected"),
        ("redirect \"nobody\";", (1, 10), "not an address"),
        ("redirect \"a@b@c.example\";", (1, 10), "not an address"),
        ("keep \u{e9};", (1, 6), "'\u{e9}'"),
        ("keep; /* for ever", (1, 7), "a comment is not ended"),
        ("redirect \"a@x.example", (1, 10), "a string is not ended"),
        ("require \"reject\"; reject text:\nno\n", (1, 26), "a text is not ended"),
        ("if size :over 99999999999999999999 { keep; }", (1, 15), "a number is at most"),
        ("if size :over 5X { keep; }", (1, 15), "a number is at most"),
        ("require \"vacation\"; vacation :days 0 \"x\";", (1, 36), "days from 1 to 365"),
        ("require \"vacation\"; vacation :seconds 5 \"x\";", (1, 30), "vacation-seconds"),
        ("require \"variables\"; set \"1a\" \"x\";", (1, 26), "the name of a variable"),
        ("require \"date\"; if currentdate \"era\" \"x\" { keep; }", (1, 32), "a part of a date"),
        ("require \"editheader\"; deleteheader \"received\";", (1, 36), "never added or taken"),
        ("require \"regex\"; if header :regex \"a\" \"(\" { keep; }", (1, 39), "cannot be read"),
        (
            "require \"regex\"; if header :regex \"a\" \"((a{99}){99}){99}\" { keep; }",
            (1, 39),
            "repeats little",
        ),
        (
            "if header :comparator \"i;ascii-numeric\" \"a\" \"1\" { keep; }",
            (1, 23),
            "comparator-i;ascii-numeric",
        ),
        ("if header :comparator \"i;klingon\" \"a\" \"1\" { keep; }", (1, 23), "not a comparator"),
        ("require \"imap4flags\"; setflag \"v\" \"\\\\Seen\";", (1, 31), "variables"),
        ("require \"enotify\"; notify \"xmpp:a@x.example\";", (1, 27), "mailto"),
        ("if header :value \"gt\" \"a\" \"1\" { keep; }", (1, 11), "relational"),
    ] {
        let (line, column, sentence) = fault(script);
        assert_eq!((line, column), at, "{script}: {sentence}");
        assert!(sentence.contains(word), "{script}: {sentence}");
    }
}

#[test]
fn every_limit_holds_and_is_named() {
    let deep = "if true { ".repeat(NESTING_DEPTH_MAX + 1);
    assert!(fault(&deep).2.contains("32 deep"));
    let nots = format!("if {} true {{ keep; }}", "not ".repeat(NESTING_DEPTH_MAX + 1));
    assert!(fault(&nots).2.contains("32 deep"));
    assert!(fault(&"keep;".repeat(COMMAND_COUNT_MAX + 1)).2.contains("1000 commands"));
    let list = vec!["\"a\""; STRING_LIST_COUNT_MAX + 1].join(",");
    assert!(fault(&format!("if exists [{list}] {{ keep; }}")).2.contains("1000 strings"));
    assert!(fault(&"#".repeat(SCRIPT_OCTETS_MAX + 1)).2.contains("32768 octets"));
    assert!(fault(&"redirect \"a@x.example\";".repeat(101)).2.contains("100 redirects"));
    let tests = vec!["true"; 2001].join(",");
    assert!(fault(&format!("if anyof ({tests}) {{ keep; }}")).2.contains("2000 tests"));
}

#[test]
fn an_interpreter_gets_verbs_tags_and_typed_arguments() {
    let script = compile(
        "require [\"fileinto\", \"copy\", \"variables\", \"encoded-character\"];\nif size :over 2K { fileinto :copy \
         \"a${hex:2e}b\"; redirect \"${to}\"; }",
    )
    .expect("a script");
    assert!(script.capabilities.contains(&Capability::Copy));
    let [command] = script.body.as_slice() else { panic!("{script:?}") };
    let test = command.test.as_ref().expect("a condition");
    assert_eq!((command.verb, test.trial), (Verb::If, Trial::Size));
    assert_eq!((test.tags[0].tag, test.arguments[0].number()), (Tag::Over, Some(2048)));
    let [fileinto, redirect] = command.block.as_slice() else { panic!("{command:?}") };
    assert_eq!(fileinto.tags[0].tag, Tag::Copy);
    assert_eq!(fileinto.arguments[0].texts()[0].value, "a.b");
    let to = &redirect.arguments[0].texts()[0];
    assert_eq!((to.value.as_str(), to.has_variables, to.at.line), ("${to}", true, 2));
}

#[test]
fn an_argument_that_is_left_out_keeps_its_place() {
    let script = compile("require \"imap4flags\"; setflag [\"\\\\Seen\", \"a b\"];").expect("a script");
    assert_eq!(script.body[0].arguments[0], Argument::Texts(vec![]));
    assert_eq!(script.body[0].arguments[1].texts().len(), 2);
}

#[test]
fn texts_over_several_lines_lose_their_dots_and_keep_their_lines() {
    let script = compile("require \"reject\";\nreject text:\n..one\n.two\n\n.\n;").expect("a script");
    assert_eq!(script.body[0].arguments[0].texts()[0].value, ".one\r\n.two\r\n\r\n");
}

#[test]
fn every_extension_is_found_by_its_name_and_every_word_by_its_own() {
    for capability in Capability::ALL {
        assert_eq!(Capability::named(capability.name()), Some(*capability));
        let script = format!("require \"{}\";", capability.name());
        assert!(compile(&script).is_ok(), "{script}");
    }
    for (name, verb) in Verb::ALL {
        assert_eq!(Verb::named(name), Some(*verb));
    }
    for (name, trial) in Trial::ALL {
        assert_eq!(Trial::named(name), Some(*trial));
    }
}

#[test]
fn faults_are_told_in_french_as_well() {
    for script in ["keep", "fileinto \"x\";", "if size :over \"5\" { keep; }", "keep; /*", "redirect \"x\";"]
    {
        let kind: FaultKind = compile(script).expect_err(script).kind;
        assert_ne!(kind.french(), kind.english(), "{script}");
        for english in [" is ", " needs ", "expected", "not ended"] {
            assert!(!kind.french().contains(english), "{}", kind.french());
        }
    }
}

#[test]
fn a_script_has_so_many_regular_expressions_in_lists_and_tests_together() {
    let list = |count: usize| vec!["\".{99}\""; count].join(", ");
    let script = |first: usize, second: usize| {
        let (first, second) = (list(first), list(second));
        format!(
            "require \"regex\"; if anyof(header :regex \"a\" [{first}], header :regex \"b\" [{second}]) {{ keep; }}"
        )
    };
    assert!(compile(&script(25, 25)).is_ok());
    let (_, _, sentence) = fault(&script(25, 26));
    assert!(sentence.contains("at most 50 regular expressions"), "{sentence}");
    let (_, _, sentence) = fault(&script(1, 990));
    assert!(sentence.contains("at most 50 regular expressions"), "{sentence}");
}

#[test]
fn what_a_script_requires_is_told_without_the_rest() {
    let known = capabilities("require [\"regex\", \"copy\"]; if header :regex \"a\" \"(\" { keep; }")
        .expect("its head");
    assert!(known.contains(&Capability::Regex) && known.contains(&Capability::Copy));
    assert!(capabilities("require \"klingon\";").is_err());
}
