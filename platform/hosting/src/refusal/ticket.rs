//! Why something about tickets is refused.

use kernel::LimitFact;

use super::{Language, Limit, Row};

refusals! {
    /// Why something about the files and the desk of tickets is refused.
    TicketRefusal
    also {}
    plain {
        /// There is nothing in the file.
        FileEmpty = "TICKET_FILE_EMPTY", Some("file"),
            "This file is empty; choose another one.",
            "Ce fichier est vide ; choisissez-en un autre.";
        /// Whoever is to take the ticket is none of the support.
        AssigneeUnknown = "TICKET_ASSIGNEE", Some("assigneeId"),
            "Tickets are taken by operators of this platform; name one of them, or nobody.",
            "Les tickets sont pris en charge par les opérateurs de cette plateforme ; nommez l’un d’eux, ou personne.";
    }
    limited {
        /// The ticket has as many files as one may.
        FileLimit = "TICKET_FILE_LIMIT", Some("file"), "files",
            "This ticket has {used} of {allowed} files; open a new one, or say it in words.",
            "Ce ticket a {used} fichiers sur {allowed} ; ouvrez-en un nouveau, ou décrivez-le.";
        /// The file is too large.
        FileTooLarge = "TICKET_FILE_TOO_LARGE", Some("file"), "octets",
            "This file has {used} octets and {allowed} are allowed; send a smaller one.",
            "Ce fichier fait {used} octets et {allowed} sont permis ; envoyez-en un plus petit.";
        /// The files of the ticket are too large together.
        FilesTooLarge = "TICKET_FILES_TOO_LARGE", Some("file"), "octets",
            "The files of this ticket would have {used} octets together and {allowed} are allowed; send a smaller one.",
            "Les fichiers de ce ticket feraient {used} octets ensemble et {allowed} sont permis ; envoyez-en un plus petit.";
    }
}
