import type { PageTexts } from './page-texts.ts';

export const FRENCH: PageTexts = {
  product: 'Connexion à Adobe',
  startAgain: 'Se reconnecter avec Adobe',
  support: 'Obtenir de l’aide',
  outcomes: {
    connected: {
      title: 'Votre compte est relié',
      happened:
        'Votre compte Adobe est relié à l’application et le reste jusqu’à ce que vous l’en détachiez.',
      next: 'Vous pouvez fermer cette fenêtre et revenir à l’application.',
    },
    connected_not_renewable: {
      title: 'Votre compte est relié pour peu de temps',
      happened:
        'Votre compte Adobe est relié, mais Adobe n’a pas permis à cette application de prolonger la liaison. Elle prendra fin d’ici un jour.',
      next: 'Vous pouvez fermer cette fenêtre et revenir à l’application. Pour que la liaison dure, l’équipe responsable de l’application doit demander à Adobe un accès prolongé.',
    },
    kept_previous: {
      title: 'La liaison précédente est conservée',
      happened:
        'Votre compte Adobe était déjà relié, et vous avez accordé cette fois moins d’autorisations qu’auparavant. La liaison précédente reste inchangée.',
      next: 'Vous pouvez fermer cette fenêtre et revenir à l’application. Pour modifier ce que l’application peut faire, détachez d’abord votre compte, puis reliez-le de nouveau.',
    },
    declined: {
      title: 'Rien n’a été relié',
      happened:
        'Vous n’avez pas autorisé l’application à utiliser votre compte Adobe. L’application n’a rien reçu.',
      next: 'Vous pouvez fermer cette fenêtre. Si ce n’était pas votre intention, recommencez depuis l’application. Si vous l’aviez pourtant autorisée, demandez à l’équipe responsable si votre compte Adobe peut l’utiliser.',
    },
    scope_not_allowed: {
      title: 'L’application en a trop demandé',
      happened: 'L’application a demandé à Adobe un accès auquel elle n’a pas droit. Rien n’a été relié.',
      next: 'Veuillez prévenir l’équipe responsable de l’application : Adobe n’autorise pas l’un des scopes demandés.',
    },
    transaction_expired: {
      title: 'Cette tentative est terminée',
      happened:
        'Plus de dix minutes se sont écoulées depuis son début, ou Adobe n’a pas accepté la connexion. Elle ne relie plus rien.',
      next: 'Revenez à l’application et vérifiez si votre compte est relié. Sinon, recommencez depuis l’application. Si cela se produit à chaque fois, demandez à l’équipe responsable si votre compte Adobe peut l’utiliser : tant qu’une application est en développement, seules les personnes invitées peuvent se connecter.',
    },
    other_browser: {
      title: 'Cette connexion a commencé ailleurs',
      happened:
        'La connexion a commencé dans un autre navigateur ou une autre fenêtre, ou il y a trop longtemps, ou bien ce navigateur ne conserve pas les cookies. Pour vous protéger, elle n’a pas été poursuivie.',
      next: 'Revenez à l’application, dans ce navigateur, et vérifiez si votre compte est relié. Sinon, autorisez les cookies pour ce site et recommencez depuis l’application.',
    },
    already_used: {
      title: 'Cette connexion a déjà servi',
      happened: 'Chaque connexion ne sert qu’une fois, et celle-ci a déjà servi.',
      next: 'Revenez à l’application et vérifiez si votre compte est relié. Sinon, recommencez depuis l’application.',
    },
    adobe_unavailable: {
      title: 'Adobe n’a pas répondu',
      happened: 'Adobe n’a pas pu terminer la connexion. Rien n’a été relié.',
      next: 'Patientez quelques minutes et recommencez depuis l’application.',
    },
    vault_unavailable: {
      title: 'Un problème est survenu chez nous',
      happened: 'La connexion n’a pas pu être terminée à cause d’une erreur de notre côté.',
      next: 'Patientez un instant et recommencez depuis l’application. Si cela se reproduit, veuillez prévenir l’équipe responsable de l’application.',
    },
    identity_missing: {
      title: 'Adobe n’a pas indiqué qui vous êtes',
      happened:
        'Une connexion doit établir avec certitude à quel compte Adobe elle se rapporte, et la réponse d’Adobe ne l’a pas prouvé. Rien n’a été relié.',
      next: 'Revenez à l’application et recommencez. Si cela se reproduit, veuillez prévenir l’équipe responsable de l’application : le jeton d’identité (ID token) d’Adobe manque ou n’a pas pu être vérifié.',
    },
    not_configured: {
      title: 'Cette application n’est pas encore prête',
      happened: 'La liaison avec Adobe n’est pas entièrement configurée. Rien n’a été relié.',
      next: 'Veuillez prévenir l’équipe responsable de l’application : ses identifiants Adobe manquent ou ne sont pas acceptés.',
    },
    user_action_required: {
      title: 'Adobe attend d’abord quelque chose de vous',
      happened:
        'Adobe vous demande une démarche avant qu’une application puisse utiliser votre compte, par exemple d’accepter ses conditions ou de confirmer votre adresse e-mail. Rien n’a été relié.',
      next: 'Connectez-vous sur account.adobe.com, faites ce qu’Adobe y demande, puis recommencez depuis l’application.',
    },
    invalid_request: {
      title: 'Ce lien ne fonctionne pas',
      happened:
        'L’adresse qui vous a amené ici est incomplète ou a été modifiée en chemin. Rien n’a été relié.',
      next: 'Revenez à l’application et recommencez. Si cela se reproduit, veuillez prévenir l’équipe responsable de l’application.',
    },
  },
};
