//! `GET /graphql`: subscriptions over a websocket, in the protocol graphql-transport-ws.
//!
//! The credential comes in the payload of `connection_init`, as `{"authorization": "Bearer ..."}`, and is judged anew
//! for each operation.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::Data;
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Options;
use crate::api::text;
use crate::guard::Correlation;
use crate::limit::{SOCKET_COUNT_MAX, SOCKET_SILENCE_MAX};

/// Room for websockets.
#[derive(Clone)]
pub(crate) struct Sockets(Arc<Semaphore>);

impl Default for Sockets {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SOCKET_COUNT_MAX)))
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
    let Ok(permit) = room.try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many websockets\n").into_response();
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
        .on_upgrade(move |socket| run(socket, options, protocol, (knock, permit)))
}

async fn run(
    socket: WebSocket,
    options: Options,
    protocol: GraphQLProtocol,
    (knock, _permit): (graphql::Knock, OwnedSemaphorePermit),
) {
    let serving = GraphQLWebSocket::new(socket, options.api.clone(), protocol)
        .keepalive_timeout(SOCKET_SILENCE_MAX)
        .on_connection_init(move |payload: serde_json::Value| async move {
            let authorization =
                ["authorization", "Authorization"].iter().find_map(|name| payload.get(name)?.as_str());
            let mut data = Data::default();
            data.insert(graphql::Knock { authorization: authorization.map(str::to_owned), ..knock });
            Ok(data)
        })
        .serve();
    tokio::select! {
        () = serving => {}
        () = options.drain.cancelled() => {}
    }
}
