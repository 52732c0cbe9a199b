// Les textes des composants que toutes les entrées partagent.
import type en from './en';

export default {
  'unit.byte': 'o', 'unit.kibibyte': 'Kio', 'unit.mebibyte': 'Mio', 'unit.gibibyte': 'Gio', 'unit.tebibyte': 'Tio',
  'action.retry': 'Réessayer', 'action.close': 'Fermer', 'action.cancel': 'Annuler', 'action.dismiss': 'Masquer', 'action.copy': 'Copier', 'action.save': 'Enregistrer', 'action.more': 'Afficher plus',
  'copy.done': 'Copié', 'copy.failed': 'Le navigateur n’a pas permis la copie',
  'error.offline': 'Le serveur est injoignable. Votre saisie est conservée : réessayez quand la connexion sera revenue.',
  'error.busy': 'Serveur occupé. Réessayez dans un instant.',
  'error.busyFor': 'Trop de tentatives. Réessayez dans {seconds} secondes.',
  'error.forbidden': 'Vous n’avez pas ce droit. Le titulaire du compte peut vous l’accorder.',
  'error.missing': 'Cela n’existe pas, ou vous ne pouvez pas le voir.',
  'error.over': 'Votre session est terminée. Reconnectez-vous pour continuer.',
  'error.failed': 'Une erreur est survenue de notre côté. Réessayez ; si elle persiste, contactez l’assistance.',
  'error.failedId': 'Une erreur est survenue de notre côté. Si elle persiste, contactez l’assistance en citant {id}.',
  'state.loading': 'Chargement', 'state.errorTitle': 'Chargement impossible', 'state.forbiddenTitle': 'Accès non ouvert',
  'meter.of': '{used} sur {allowed}', 'meter.over': 'Limite dépassée',
  'confirm.type': 'Saisissez {word} pour confirmer',
  'table.unfold': 'Plus sur {what}',
  'table.sortBy': 'Trier par', 'table.asListed': 'ordre de la liste', 'table.descending': 'Ordre décroissant',
  'table.search': 'Rechercher', 'table.searchIn': 'Rechercher dans {what}', 'table.found.one': '{count} ligne', 'table.found.other': '{count} lignes',
  'table.bulk': 'Lignes sélectionnées', 'table.selected.one': '{count} sélectionnée', 'table.selected.other': '{count} sélectionnées', 'table.clear': 'Vider la sélection',
  'table.selectAll': 'Sélectionner toutes les lignes de cette page', 'table.select': 'Sélectionner {what}', 'table.actions': 'Actions', 'table.none': 'Aucun résultat.',
  'table.sideways': '{what} (défile horizontalement)', 'table.pages': 'Pages de {what}', 'table.previous': 'Précédent', 'table.next': 'Suivant', 'table.page': 'Page {page} sur {pages}', 'table.more': 'Charger la suite',
  'field.required': 'À renseigner.', 'field.long': 'Au plus {max} caractères.', 'field.low': 'Au moins {min}.', 'field.high': 'Au plus {max}.', 'field.many': 'Au plus {max} lignes.', 'field.unit': 'Unité de {what}', 'field.number': 'Un nombre, par exemple 300 ; l’unité se choisit à côté.', 'field.address': 'Une adresse telle que nom@example.org.', 'field.day': 'Un jour, par exemple 31/01/2027.',
  'stale.title': 'Modifié entre-temps', 'stale.text': 'Quelqu’un d’autre, ou un autre onglet, a enregistré ceci depuis que vous l’avez ouvert. Rien n’a été écrasé ; votre saisie est conservée.',
  'stale.renew': 'Afficher l’état actuel', 'stale.now': 'Entre-temps : {value}',
  'bulk.progress': '{done} sur {all}', 'bulk.result': 'Fait : {done} sur {all} ; refusé : {refused}.', 'bulk.rows': 'Résultat de chaque ligne', 'bulk.waiting': 'en attente', 'bulk.done': 'fait', 'bulk.refused': 'refusé', 'bulk.unknown': 'inconnu', 'bulk.lost.one': 'Le sort de {count} ligne est inconnu : la réponse s’est perdue. Réessayer ne fait rien deux fois.', 'bulk.lost.other': 'Le sort de {count} lignes est inconnu : les réponses se sont perdues. Réessayer ne fait rien deux fois.', 'bulk.again': 'Réessayer celles-ci', 'bulk.stop': 'Arrêter',
} satisfies Record<keyof typeof en, string>;
