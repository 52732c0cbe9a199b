//! The GraphQL schema of the control plane.
