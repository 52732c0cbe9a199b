//! Why something about tickets is refused.

use kernel::LimitFact;

use super::{Language, Limit, Row};

refusals! {
    /// Why something about the files and the desk of tickets is refused.
    TicketRefusal
    also {}
    plain {
        /// The ticket does not exist.
        NotFound = "TICKET_NOT_FOUND", Some("ticketId"),
            "This ticket does not exist; check its identifier.",
            "Ce ticket n’existe pas ; vérifiez son identifiant.";
        /// Another ticket has this id.
        Exists = "TICKET_EXISTS", Some("ticketId"),
            "A ticket with this identifier exists already; use another identifier.",
            "Un ticket portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// It was resolved too long ago.
        Closed = "TICKET_CLOSED", Some("ticketId"),
            "This ticket was resolved more than 30 days ago; open a new one.",
            "Ce ticket est résolu depuis plus de 30 jours ; ouvrez-en un nouveau.";
        /// It goes on in another.
        Merged = "TICKET_MERGED", Some("ticketId"),
            "This ticket goes on in another one, with which it was merged; write there.",
            "Ce ticket se poursuit dans un autre, avec lequel il a été fusionné ; écrivez-y.";
        /// A ticket is not merged with itself.
        MergeItself = "TICKET_MERGE_ITSELF", Some("intoTicketId"),
            "A ticket is merged with another one of the same account; name another.",
            "Un ticket est fusionné avec un autre du même compte ; indiquez-en un autre.";
        /// It is rated once it is answered.
        NotResolved = "TICKET_NOT_RESOLVED", Some("ticketId"),
            "A ticket is rated once it is resolved; resolve it first, or go on writing.",
            "Un ticket est noté une fois résolu ; résolvez-le d’abord, ou continuez à écrire.";
        /// It is about nothing.
        SubjectEmpty = "TICKET_SUBJECT_EMPTY", Some("subject"),
            "This ticket has no subject; say in a few words what it is about.",
            "Cette demande n’a pas d’objet ; dites en quelques mots de quoi il s’agit.";
        /// Nothing is said.
        TextEmpty = "TICKET_TEXT_EMPTY", Some("text"),
            "This message is empty; write what it is about.",
            "Ce message est vide ; écrivez de quoi il s’agit.";
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
        /// The account has as many open tickets as an account may.
        LimitReached = "TICKET_LIMIT_REACHED", Some("accountId"), "tickets",
            "This account has {used} of {allowed} open tickets; resolve one first.",
            "Ce compte a {used} tickets ouverts sur {allowed} ; résolvez-en un d’abord.";
        /// The ticket has taken in as many as one may.
        MergeLimit = "TICKET_MERGE_LIMIT", Some("intoTicketId"), "tickets",
            "This ticket has taken in {used} of {allowed} others; choose another one.",
            "Ce ticket en a absorbé {used} sur {allowed} ; choisissez-en un autre.";
        /// No such rating.
        Stars = "TICKET_STARS", Some("stars"), "stars",
            "A ticket is rated from 1 to {allowed}, not {used}; choose one of these.",
            "Un ticket est noté de 1 à {allowed}, pas {used} ; choisissez l’une de ces notes.";
        /// The ticket has become too long.
        MessageLimit = "TICKET_MESSAGE_LIMIT", Some("ticketId"), "messages",
            "This ticket has {used} of {allowed} messages; open a new one.",
            "Ce ticket a {used} messages sur {allowed} ; ouvrez-en un nouveau.";
        /// A message is too long.
        TextTooLong = "TICKET_TEXT_TOO_LONG", Some("text"), "characters",
            "This message has {used} characters and {allowed} are allowed; shorten it.",
            "Ce message comporte {used} caractères et {allowed} sont permis ; raccourcissez-le.";
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
