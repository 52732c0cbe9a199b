//! Properties of billing periods.

use hosting::calendar::{CivilDate, Cycle, period_of, period_start};
use proptest::prelude::*;

fn first() -> impl Strategy<Value = CivilDate> {
    // 1990 to 2090.
    (7_305_i64..43_830).prop_map(CivilDate::from_days)
}

fn cycle() -> impl Strategy<Value = Cycle> {
    prop_oneof![Just(Cycle::Monthly), Just(Cycle::Annual)]
}

proptest! {
    #[test]
    fn dates_travel_both_ways(days in -700_000_i64..2_900_000) {
        prop_assert_eq!(CivilDate::from_days(days).days(), days);
    }

    #[test]
    fn periods_follow_one_another_without_gap_or_drift(first in first(), cycle in cycle(), count in 1_u32..150) {
        let lengths: i64 = (0..count)
            .map(|number| period_start(first, cycle, number + 1).days() - period_start(first, cycle, number).days())
            .inspect(|length| assert!((28..=366).contains(length)))
            .sum();
        prop_assert_eq!(lengths, period_start(first, cycle, count).days() - first.days());
        // Every twelfth month, in a year of the same kind, it is the same day again.
        prop_assert!(period_start(first, cycle, count) >= first);
    }

    #[test]
    fn each_day_lies_in_the_period_that_says_so(first in first(), cycle in cycle(), after in 0_i64..20_000) {
        let today = CivilDate::from_days(first.days() + after);
        let (start, due) = period_of(first, cycle, today);
        prop_assert!(start <= today && today < due);
        prop_assert!(start >= first);
    }
}
