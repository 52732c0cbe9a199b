//! Mail that somebody wants to wait, and who lets it go.

use super::*;

#[tokio::test]
async fn what_is_tried_while_it_is_held_stays_however_that_ends_until_it_is_released() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example", "2@b.example", "3@b.example"]).await;
        let due_at = world.now();
        // The lease runs out, or its owner is gone; or the site is suspended meanwhile.
        for ends in ["run out", "ended", "suspended"] {
            let leased = world.lease(1, A, &[("b.example", 9)]).await;
            assert_eq!(addresses(&leased).len(), 3, "{ends}");
            assert_eq!(world.order(id, Order::Hold).await, 3, "{ends}");
            match ends {
                "run out" => world.leases_pass(60_001).await,
                "ended" => assert_eq!(world.store.end_leases().await.expect("ended"), 3),
                _ => {
                    let ended = settle(&leased, &suspended(world.now()));
                    assert_eq!(world.store.settle(ended).await.expect("settled"), 3);
                }
            }
            assert!(world.lease(2, A, &[("b.example", 9)]).await.messages.is_empty(), "{ends}");
            assert_eq!(world.states(id).await, [RecipientState::Held; 3], "{ends}");
            assert_eq!(world.order(id, Order::Release).await, 3, "{ends}");
        }
        // Released while it is still being tried: it is not held when that ends.
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(world.order(id, Order::Hold).await, 3);
        assert_eq!(world.order(id, Order::Release).await, 3);
        assert_eq!(world.order(id, Order::Release).await, 0);
        let retry = Outcome::Retry { due_at, delay: DelayNotice::None };
        assert_eq!(world.store.settle(settle(&leased, &retry)).await.expect("settled"), 3);
        assert_eq!(world.states(id).await, [RecipientState::Scheduled; 3]);
        // What is to be held is given up where it is removed meanwhile, and what is merely tried is not reached.
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(world.order(id, Order::Remove).await, 0);
        assert_eq!(world.order(id, Order::Hold).await, 3);
        assert_eq!(world.order(id, Order::Remove).await, 3);
        assert_eq!(world.store.settle(settle(&leased, &retry)).await.expect("settled"), 3);
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let instead: Vec<Option<Instead>> =
            leased.messages.iter().flat_map(|(_, to)| to).map(|to| to.instead).collect();
        assert_eq!(instead, [Some(Instead::Bounce); 3]);
        world.store.settle(settle(&leased, &Outcome::Bounced)).await.expect("settled");
        // What waits for its site is held as well.
        let id = world.queue(A.tenant, A.lane, &["1@b.example", "2@b.example", "3@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        world.store.settle(settle(&leased, &suspended(world.now()))).await.expect("settled");
        assert_eq!(world.order(id, Order::Hold).await, 3);
        assert_eq!(world.states(id).await, [RecipientState::Held; 3]);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn nobody_lets_go_what_somebody_above_them_holds() {
    use Orderer::{Operator, Owner, Watch};
    for world in worlds().await {
        let due_at = world.now();
        let retry = Outcome::Retry { due_at, delay: DelayNotice::None };
        for is_leased in [false, true] {
            // Who holds, and whom a release, an end or a removal by somebody else reaches.
            for (holder, released_by, reaches) in [
                (Operator, Owner, 0),
                (Operator, Watch, 0),
                (Operator, Operator, 1),
                (Owner, Owner, 1),
                (Owner, Watch, 0),
                (Owner, Operator, 1),
                (Watch, Owner, 1),
                (Watch, Watch, 1),
            ] {
                let what = format!("{holder:?} {released_by:?} {is_leased}");
                for order in [Order::Release, Order::Bounce, Order::Remove] {
                    let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
                    let leased = match is_leased {
                        true => Some(world.lease(1, A, &[("b.example", 9)]).await),
                        false => None,
                    };
                    assert_eq!(world.order_by(id, Order::Hold, holder).await, 1, "{what}");
                    assert_eq!(world.order_by(id, order, released_by).await, reaches, "{what} {order:?}");
                    if let Some(leased) = &leased {
                        world.store.settle(settle(leased, &retry)).await.expect("settled");
                    }
                    let is_held = world.states(id).await == [RecipientState::Held];
                    assert_eq!(is_held, reaches == 0, "{what} {order:?}");
                    world.order_by(id, Order::Release, Operator).await;
                    let rest = world.lease(1, A, &[("b.example", 9)]).await;
                    if !rest.messages.is_empty() {
                        world.store.settle(settle(&rest, &Outcome::Bounced)).await.expect("settled");
                    }
                }
            }
        }
        // The operator takes over what others hold; nobody takes over what the operator holds.
        for holder in [Owner, Watch] {
            let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
            assert_eq!(world.order_by(id, Order::Hold, holder).await, 1);
            assert_eq!(world.order_by(id, Order::Hold, Operator).await, 1);
            assert_eq!(world.order_by(id, Order::Hold, holder).await, 0);
            assert_eq!(world.order_by(id, Order::Release, holder).await, 0);
        }
        let held = Queueing { is_held: true, ..Queueing::default() };
        let accepted = Acceptance { queueing: held, ..outgoing(A.tenant, A.lane, &["1@b.example"]) };
        let id = world.store.accept(accepted).await.expect("accepted").queue_id.expect("queued");
        assert_eq!(world.order_by(id, Order::Release, Watch).await, 1, "the watch holds it");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn who_holds_is_told() {
    for world in worlds().await {
        for orderer in Orderer::ALL {
            let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
            world.order_by(id, Order::Hold, orderer).await;
            let passages = world.store.passages(A.tenant, &PassageFilter::default(), None, 10).await;
            let (_, told) = &passages.expect("passages")[0];
            assert_eq!(
                (told.stage, told.reasons.as_slice()),
                (Stage::Held, &[orderer.holds().to_owned()][..])
            );
        }
    }
}

#[tokio::test]
async fn why_the_watch_holds_is_told_of_what_waits_and_of_what_comes_then() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let of = Selection { queue_id: Some(id), ..Selection::default() };
        assert_eq!(world.store.hold_for(&of, "watch_volume").await.expect("held"), 1);
        let held = Queueing { is_held: true, held_for: "watch_volume", ..Queueing::default() };
        let accepted = Acceptance { queueing: held, ..outgoing(A.tenant, A.lane, &["1@b.example"]) };
        world.store.accept(accepted).await.expect("accepted");
        let of = PassageFilter { stage: Some(Stage::Held), ..PassageFilter::default() };
        let passages = world.store.passages(A.tenant, &of, None, 10).await.expect("passages");
        let told: Vec<_> = passages.into_iter().map(|(_, told)| told.reasons).collect();
        assert_eq!(told, [["held_by_watch", "watch_volume"], ["held_by_watch", "watch_volume"]]);
    }
}

#[tokio::test]
async fn orders_reach_what_was_queued_since_or_before_a_moment() {
    for world in worlds().await {
        let old = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        world.pass(1000);
        let since = world.now();
        let new = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let of = Selection { tenant: Some(A.tenant), ..Selection::default() };
        let (later, earlier) = (
            Selection { queued_since: Some(since), ..of.clone() },
            Selection { queued_before: Some(since), ..of.clone() },
        );
        let by = (Orderer::Watch, "");
        assert_eq!(world.store.order_all(&of, Order::Hold, by).await.expect("held"), 2);
        assert_eq!(world.store.order_all(&later, Order::Remove, by).await.expect("removed"), 1);
        assert_eq!(world.store.order_all(&later, Order::Release, by).await.expect("released"), 0);
        assert_eq!(world.store.order_all(&earlier, Order::Release, by).await.expect("released"), 1);
        assert_eq!(world.states(new).await, [RecipientState::Removed]);
        assert_eq!(world.states(old).await, [RecipientState::Scheduled]);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn whoever_orders_until_nothing_is_left_leaves_nothing_where_another_node_does_the_same() {
    for world in worlds().await {
        let to: Vec<String> = (0..700).map(|number| format!("{number}@b.example")).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        for _ in 0..4 {
            let held = Queueing { is_held: true, ..outgoing(A.tenant, A.lane, &to).queueing };
            let accepted = Acceptance { queueing: held, ..outgoing(A.tenant, A.lane, &to) };
            world.store.accept(accepted).await.expect("accepted");
        }
        let of = Selection { tenant: Some(A.tenant), ..Selection::default() };
        let held = Selection { state: StateSelection::Only(RecipientState::Held), ..of.clone() };
        let node = async || {
            let reached = world.store.order_all(&of, Order::Release, (Orderer::Watch, "")).await;
            (reached.expect("ordered"), world.store.entries(&held, None, 10).await.expect("entries").len())
        };
        let ((one, left_of_one), (other, left_of_other)) = tokio::join!(node(), node());
        assert_eq!((left_of_one, left_of_other), (0, 0), "whoever ends has seen the last of it");
        assert_eq!(one + other, 2800, "each is reached by one of them");
        world.is_whole().await;
    }
}
