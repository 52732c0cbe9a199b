//! `GET /graphql`: subscriptions over a websocket, in the protocol graphql-transport-ws.
//!
//! The credential comes in the payload of `connection_init`, as `{"authorization": "Bearer ..."}`, and is judged anew
//! for each operation.

use std::net::SocketAddr;

use async_graphql::Data;
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::api::text;
use crate::guard::Correlation;
use crate::limit::{SOCKET_COUNT_MAX, SOCKET_INIT_TIME_MAX, SOCKET_SILENCE_MAX, SOCKETS_OF_NETWORK_MAX};
use crate::share::{Place, Places};

/// What a client is told that does not begin in time (graphql-transport-ws).
const NOT_BEGUN: u16 = 4408;

/// Room for websockets.
#[derive(Clone)]
pub(crate) struct Sockets(Places);

impl Default for Sockets {
    fn default() -> Self {
        Self(Places::new(SOCKET_COUNT_MAX, SOCKETS_OF_NETWORK_MAX))
    }
}

/// Opens a websocket, or says that there is no room.
pub(crate) async fn open(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(Correlation(correlation)): Extension<Correlation>,
    Extension(Sockets(room)): Extension<Sockets>,
    protocol: GraphQLProtocol,
    (headers, upgrade): (HeaderMap, WebSocketUpgrade),
) -> Response {
    let place = match room.take(peer.ip()) {
        Ok(place) => place,
        Err(none) => return none.into_response(),
    };
    let knock = graphql::Knock {
        authorization: None,
        agent: text(&headers, header::USER_AGENT).map(str::to_owned),
        language: graphql::Language::accepted(text(&headers, header::ACCEPT_LANGUAGE).unwrap_or_default()),
        peer: peer.ip(),
        correlation,
    };
    upgrade
        .protocols(async_graphql::http::ALL_WEBSOCKET_PROTOCOLS)
        .max_message_size(graphql::limit::REQUEST_OCTETS_MAX)
        .max_frame_size(graphql::limit::REQUEST_OCTETS_MAX)
        .on_upgrade(move |socket| run(socket, options, protocol, (knock, place)))
}

async fn run(
    mut socket: WebSocket,
    options: Options,
    protocol: GraphQLProtocol,
    (knock, _place): (graphql::Knock, Place),
) {
    let begun = CancellationToken::new();
    let begins = begun.clone();
    let serving = GraphQLWebSocket::new(&mut socket, options.api.clone(), protocol)
        .keepalive_timeout(SOCKET_SILENCE_MAX)
        .on_connection_init(move |payload: serde_json::Value| async move {
            begins.cancel();
            let authorization =
                ["authorization", "Authorization"].iter().find_map(|name| payload.get(name)?.as_str());
            let mut data = Data::default();
            data.insert(graphql::Knock { authorization: authorization.map(str::to_owned), ..knock });
            Ok(data)
        })
        .serve();
    let late = async {
        if let Ok(()) = timeout(SOCKET_INIT_TIME_MAX, begun.cancelled()).await {
            std::future::pending::<()>().await;
        }
    };
    let is_late = tokio::select! {
        () = serving => false,
        () = options.drain.cancelled() => false,
        () = late => true,
    };
    if is_late {
        let why = CloseFrame { code: NOT_BEGUN, reason: "Connection initialisation timeout".into() };
        // A peer that does not even take this is let go all the same.
        drop(timeout(SOCKET_INIT_TIME_MAX, socket.send(Message::Close(Some(why)))).await);
    }
}
