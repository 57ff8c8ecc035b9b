import type { PageTexts } from './page-texts.ts';

export const ENGLISH: PageTexts = {
  product: 'Adobe connection',
  startAgain: 'Sign in with Adobe again',
  support: 'Get help',
  outcomes: {
    connected: {
      title: 'You are connected',
      happened: 'Your Adobe account is connected, and stays connected until you disconnect it.',
      next: 'You can close this window and go back to the app.',
    },
    connected_not_renewable: {
      title: 'You are connected for a short time',
      happened:
        'Your Adobe account is connected, but Adobe did not allow this app to keep the connection alive. It ends within a day.',
      next: 'You can close this window and go back to the app. To stay connected, the team that runs the app has to ask Adobe for longer access.',
    },
    kept_previous: {
      title: 'Your earlier connection was kept',
      happened:
        'Your Adobe account was connected already, and this time you allowed less than before. The earlier connection stays as it is.',
      next: 'You can close this window and go back to the app. To change what the app may do, disconnect first and then connect again.',
    },
    declined: {
      title: 'Nothing was connected',
      happened: 'You did not allow the app to use your Adobe account. The app received nothing.',
      next: 'You can close this window. If that was not what you wanted, start again in the app. If you did allow it, ask the team that runs the app whether your Adobe account may use it.',
    },
    scope_not_allowed: {
      title: 'The app asked for too much',
      happened: 'The app asked Adobe for access that it is not allowed to have. Nothing was connected.',
      next: 'Please tell the team that runs the app: Adobe does not allow one of the scopes it asks for.',
    },
    transaction_expired: {
      title: 'This attempt has ended',
      happened:
        'More than ten minutes went by since it began, or Adobe did not accept the sign-in. It can no longer connect your account.',
      next: 'Go back to the app and check whether you are connected. If not, start again there. If it happens every time, ask the team that runs the app whether your Adobe account may use it: while an app is in development, only invited people can sign in.',
    },
    other_browser: {
      title: 'This sign-in was started elsewhere',
      happened:
        'The sign-in was started in another browser or window, or too long ago, or this browser does not keep cookies. To protect you, it was not continued.',
      next: 'Go back to the app, in this browser, and check whether you are connected. If not, allow cookies for this site and start again there.',
    },
    already_used: {
      title: 'This sign-in was used already',
      happened: 'Each sign-in works once, and this one has been used.',
      next: 'Go back to the app and check whether you are connected. If not, start again there.',
    },
    adobe_unavailable: {
      title: 'Adobe did not answer',
      happened: 'Adobe could not complete the sign-in. Nothing was connected.',
      next: 'Wait a few minutes and start again in the app.',
    },
    vault_unavailable: {
      title: 'Something went wrong here',
      happened: 'The sign-in could not be completed because of a fault on our side.',
      next: 'Wait a moment and start again in the app. If it happens again, please tell the team that runs the app.',
    },
    identity_missing: {
      title: 'Adobe did not say who you are',
      happened:
        'A sign-in needs to know for certain which Adobe account it is for, and Adobe’s answer did not prove it. Nothing was connected.',
      next: 'Go back to the app and start again. If it happens again, please tell the team that runs the app: Adobe’s ID token is missing, or could not be verified.',
    },
    not_configured: {
      title: 'This app is not set up yet',
      happened: 'The connection to Adobe has not been set up completely. Nothing was connected.',
      next: 'Please tell the team that runs the app: its Adobe credential is missing or not accepted.',
    },
    user_action_required: {
      title: 'Adobe needs something from you first',
      happened:
        'Adobe asks you to do something before an app may use your account, for example to accept its terms or to confirm your e-mail address. Nothing was connected.',
      next: 'Sign in at account.adobe.com, do what Adobe asks there, and then start again in the app.',
    },
    invalid_request: {
      title: 'This link does not work',
      happened:
        'The address that brought you here is incomplete or was changed on the way. Nothing was connected.',
      next: 'Go back to the app and start again. If it happens again, please tell the team that runs the app.',
    },
  },
};
