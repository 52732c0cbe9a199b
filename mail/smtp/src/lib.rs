//! SMTP: receiving and submission.
