//! How a crossing of a fraction of what may be held is stored, by mailboxes and by domains.

use kernel::{Malformed, RawEvent};
use serde::{Deserialize, Serialize};

use super::{form, json, parse};
use crate::mailbox::{Crossing, Threshold};

#[derive(Serialize, Deserialize)]
struct ThresholdCrossedV1 {
    threshold_percent: u8,
    crossing: CrossingV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CrossingV1 {
    Up,
    Down,
}

pub(crate) fn crossed(threshold: Threshold, crossing: Crossing) -> Vec<u8> {
    json(&ThresholdCrossedV1 {
        threshold_percent: threshold.percent(),
        crossing: match crossing {
            Crossing::Up => CrossingV1::Up,
            Crossing::Down => CrossingV1::Down,
        },
    })
}

pub(crate) fn read_crossed(raw: &RawEvent) -> Result<(Threshold, Crossing), Malformed> {
    let stored: ThresholdCrossedV1 = form(raw)?;
    let threshold = Threshold::of_percent(stored.threshold_percent);
    let crossing = match stored.crossing {
        CrossingV1::Up => Crossing::Up,
        CrossingV1::Down => Crossing::Down,
    };
    Ok((parse(raw, threshold, "a threshold of 80, 95 or 100 percent is expected")?, crossing))
}
