// Les textes du tableau de bord.
import lib from '../../lib/i18n/fr';
import type { own as english } from './en';
export const own = {
  'nav.main': 'Menu principal', 'nav.skip': 'Aller au contenu', 'nav.overview': 'Tableau de bord', 'nav.services': 'Services', 'nav.domains': 'Domaines', 'nav.tickets': 'Assistance',
  'nav.account': 'Compte', 'nav.customers': 'Clients', 'nav.operations': 'Exploitation', 'nav.switch': 'Changer de compte', 'nav.mine': 'Mon compte', 'nav.erased': '(effacé)', 'nav.api': 'API',
  'nav.needsFactor': 'second facteur requis', 'nav.notOpen': 'non ouvert actuellement',
  'acting.banner': '{who}, vous agissez au nom de {account}.', 'acting.back': 'Revenir à mon compte',
  'missing.title': 'Cet écran n’existe pas', 'missing.text': 'L’adresse est peut-être mal saisie.', 'missing.home': 'Vers le tableau de bord',
  'user.menu': 'Menu de {name}', 'user.profile': 'Compte', 'user.security': 'Sécurité', 'user.dark': 'Thème sombre', 'user.light': 'Thème clair', 'user.system': 'Thème du système',
  'user.compact': 'Tableaux compacts', 'user.roomy': 'Tableaux aérés', 'user.out': 'Se déconnecter',
  'action.see': 'Voir pourquoi', 'action.read': 'Lire',
  'overview.title': 'Tableau de bord', 'overview.services': 'Vos Box', 'overview.allServices': 'Tous les services',
  'overview.unproved': '{domain} ne reçoit pas encore de courrier', 'overview.unprovedText': 'Sa propriété n’est pas prouvée : un enregistrement TXT manque.', 'overview.prove': 'La prouver',
  'overview.answered': 'L’assistance a répondu : {subject}', 'overview.noFactor': 'Votre compte n’est protégé que par un mot de passe', 'overview.noFactorText': 'Un second facteur bloque les intrus même s’ils l’apprennent.', 'overview.addFactor': 'En ajouter un',
  'service.stopped.RESTRICTED': '{name} n’envoie plus de courrier', 'service.stopped.SUSPENDED': '{name} est suspendu',
  'suspension.NONE': 'Le service est limité.', 'suspension.NON_PAYMENT': 'En raison d’un impayé. Rien n’est supprimé ; le courrier continue d’arriver.', 'suspension.ABUSE': 'Pour abus. Contactez l’assistance.', 'suspension.LEGAL': 'Pour des raisons légales. Contactez l’assistance.', 'suspension.SECURITY': 'Pour la sécurité de votre courrier. Contactez l’assistance.',
  'services.title': 'Services', 'services.lead': 'Les Box que vous louez, et ce qu’elles contiennent.', 'services.name': 'Service', 'services.plan': 'Formule', 'services.state': 'État', 'services.since': 'Depuis',
  'services.none': 'Aucune Box pour l’instant', 'services.noneText': 'Une Box contient vos domaines et vos boîtes aux lettres. Elle apparaîtra ici une fois commandée.',
  'entitlement.ORDERED': 'En attente', 'entitlement.ACTIVE': 'Actif', 'entitlement.RESTRICTED': 'Limité', 'entitlement.SUSPENDED': 'Suspendu', 'entitlement.ENDED': 'Résilié',
  'limit.storage': 'Stockage', 'limit.mailboxes': 'Boîtes aux lettres',
} satisfies Record<keyof typeof english, string>;
export default { ...lib, ...own };
