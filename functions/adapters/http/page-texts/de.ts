import type { PageTexts } from './page-texts.ts';

export const GERMAN: PageTexts = {
  product: 'Adobe-Verbindung',
  startAgain: 'Erneut bei Adobe anmelden',
  support: 'Hilfe erhalten',
  outcomes: {
    connected: {
      title: 'Sie sind verbunden',
      happened: 'Ihr Adobe-Konto ist verbunden und bleibt es, bis Sie die Verbindung trennen.',
      next: 'Sie können dieses Fenster schließen und zur App zurückkehren.',
    },
    connected_not_renewable: {
      title: 'Sie sind für kurze Zeit verbunden',
      happened:
        'Ihr Adobe-Konto ist verbunden, aber Adobe hat dieser App nicht erlaubt, die Verbindung aufrechtzuerhalten. Sie endet innerhalb eines Tages.',
      next: 'Sie können dieses Fenster schließen und zur App zurückkehren. Damit Sie verbunden bleiben, muss das Team hinter der App bei Adobe einen längeren Zugriff beantragen.',
    },
    kept_previous: {
      title: 'Ihre frühere Verbindung bleibt bestehen',
      happened:
        'Ihr Adobe-Konto war bereits verbunden, und diesmal wurde weniger erlaubt als zuvor. Die frühere Verbindung bleibt, wie sie ist.',
      next: 'Sie können dieses Fenster schließen und zur App zurückkehren. Um zu ändern, was die App darf, trennen Sie zuerst die Verbindung und verbinden Sie sich dann neu.',
    },
    declined: {
      title: 'Es wurde nichts verbunden',
      happened: 'Sie haben der App nicht erlaubt, Ihr Adobe-Konto zu verwenden. Die App hat nichts erhalten.',
      next: 'Sie können dieses Fenster schließen. Falls Sie das nicht wollten, beginnen Sie in der App noch einmal. Falls Sie es doch erlaubt haben, fragen Sie das Team hinter der App, ob Ihr Adobe-Konto sie nutzen darf.',
    },
    scope_not_allowed: {
      title: 'Die App hat zu viel verlangt',
      happened:
        'Die App hat bei Adobe um einen Zugriff gebeten, der ihr nicht zusteht. Es wurde nichts verbunden.',
      next: 'Bitte sagen Sie dem Team hinter der App Bescheid: Adobe erlaubt einen der angefragten Scopes nicht.',
    },
    transaction_expired: {
      title: 'Dieser Versuch ist beendet',
      happened:
        'Seit dem Beginn sind mehr als zehn Minuten vergangen, oder Adobe hat die Anmeldung nicht angenommen. Sie verbindet nichts mehr.',
      next: 'Kehren Sie zur App zurück und sehen Sie nach, ob Sie verbunden sind. Wenn nicht, beginnen Sie dort noch einmal. Wenn es jedes Mal geschieht, fragen Sie das Team hinter der App, ob Ihr Adobe-Konto sie nutzen darf: Solange eine App in Entwicklung ist, können sich nur eingeladene Personen anmelden.',
    },
    other_browser: {
      title: 'Diese Anmeldung wurde anderswo begonnen',
      happened:
        'Die Anmeldung wurde in einem anderen Browser oder Fenster begonnen oder ist zu lange her, oder dieser Browser speichert keine Cookies. Zu Ihrem Schutz wurde sie nicht fortgesetzt.',
      next: 'Kehren Sie in diesem Browser zur App zurück und sehen Sie nach, ob Sie verbunden sind. Wenn nicht, erlauben Sie Cookies für diese Seite und beginnen Sie dort noch einmal.',
    },
    already_used: {
      title: 'Diese Anmeldung wurde schon verwendet',
      happened: 'Jede Anmeldung funktioniert einmal, und diese wurde bereits verwendet.',
      next: 'Kehren Sie zur App zurück und sehen Sie nach, ob Sie verbunden sind. Wenn nicht, beginnen Sie dort noch einmal.',
    },
    adobe_unavailable: {
      title: 'Adobe hat nicht geantwortet',
      happened: 'Adobe konnte die Anmeldung nicht abschließen. Es wurde nichts verbunden.',
      next: 'Warten Sie einige Minuten und beginnen Sie in der App noch einmal.',
    },
    vault_unavailable: {
      title: 'Hier ist etwas schiefgegangen',
      happened: 'Die Anmeldung konnte wegen eines Fehlers auf unserer Seite nicht abgeschlossen werden.',
      next: 'Warten Sie einen Moment und beginnen Sie in der App noch einmal. Wenn es wieder geschieht, sagen Sie bitte dem Team hinter der App Bescheid.',
    },
    identity_missing: {
      title: 'Adobe hat nicht gesagt, wer Sie sind',
      happened:
        'Für eine Anmeldung muss feststehen, zu welchem Adobe-Konto sie gehört, und die Antwort von Adobe hat das nicht belegt. Es wurde nichts verbunden.',
      next: 'Kehren Sie zur App zurück und beginnen Sie noch einmal. Wenn es wieder geschieht, sagen Sie bitte dem Team hinter der App Bescheid: Das ID-Token von Adobe fehlt oder ließ sich nicht prüfen.',
    },
    not_configured: {
      title: 'Diese App ist noch nicht eingerichtet',
      happened: 'Die Verbindung zu Adobe ist noch nicht vollständig eingerichtet. Es wurde nichts verbunden.',
      next: 'Bitte sagen Sie dem Team hinter der App Bescheid: Ihre Zugangsdaten für Adobe fehlen oder werden nicht angenommen.',
    },
    user_action_required: {
      title: 'Adobe braucht zuerst etwas von Ihnen',
      happened:
        'Adobe bittet Sie, etwas zu erledigen, bevor eine App Ihr Konto verwenden darf, zum Beispiel die Nutzungsbedingungen anzunehmen oder Ihre E-Mail-Adresse zu bestätigen. Es wurde nichts verbunden.',
      next: 'Melden Sie sich auf account.adobe.com an, erledigen Sie dort, worum Adobe bittet, und beginnen Sie dann in der App noch einmal.',
    },
    invalid_request: {
      title: 'Dieser Link funktioniert nicht',
      happened:
        'Die Adresse, die Sie hierhergeführt hat, ist unvollständig oder wurde unterwegs verändert. Es wurde nichts verbunden.',
      next: 'Kehren Sie zur App zurück und beginnen Sie noch einmal. Wenn es wieder geschieht, sagen Sie bitte dem Team hinter der App Bescheid.',
    },
  },
};
