/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this for each page. */
#include "pam_idinqr/relay/phone_texts.h"

#include "pam_idinqr/common/array.h"

static const char *const texts[PHONE_TEXTS][PAGE_LANGUAGES] = {
    [PHONE_SITE] = {"Logging in with", "Inloggen met"},
    [PHONE_LOGIN_AT] = {"You are logging in at", "U logt in bij"},
    [PHONE_SERVICE] = {"For", "Voor"},
    [PHONE_ACCOUNT] = {"Account", "Account"},
    [PHONE_ANY_ACCOUNT] = {"the account that is yours", "het account dat van u is"},
    [PHONE_BANK_TITLE] = {"Choose your bank", "Kies uw bank"},
    [PHONE_BANK_LEAD] =
        {"Go on only if you scanned this code yourself, on the screen in front of you.",
         "Ga alleen verder als u deze code zelf hebt gescand, op het scherm voor u."},
    [PHONE_BANK_LEGEND] = {"Bank", "Bank"},
    [PHONE_BANK_FIRST] = {"Choose a bank first.", "Kies eerst een bank."},
    [PHONE_NO_BANKS_TITLE] = {"No banks yet", "Nog geen banken"},
    [PHONE_NO_BANKS_LEAD] =
        {"The list of banks is not there yet. Load this page again in a minute.",
         "De lijst met banken is er nog niet. Laad deze pagina over een minuut opnieuw."},
    [PHONE_CONTINUE] = {"Continue", "Verder"},
    [PHONE_CONTINUE_WITH] = {"Continue with", "Verder met"},
    [PHONE_GO_TITLE] = {"To your bank", "Naar uw bank"},
    [PHONE_GO_LEAD] = {"You approve there, and come back here.",
                       "Daar keurt u het goed. Daarna komt u hier terug."},
    [PHONE_NUMBER_TITLE] = {"Type this number", "Typ dit getal"},
    [PHONE_NUMBER_LEAD] = {"Type it on the screen that you scanned the code on.",
                           "Typ het op het scherm waarop u de code hebt gescand."},
    [PHONE_NUMBER_NEVER] = {"Never tell it to anyone: a person who types it logs in as you.",
                            "Geef het aan niemand: wie het typt, logt in als u."},
    [PHONE_NOT_ME] = {"This was not me", "Dit was ik niet"},
    [PHONE_APPROVED_TITLE] = {"Approved", "Goedgekeurd"},
    [PHONE_APPROVED_LEAD] = {"Look at the screen: it says whether you are in.",
                             "Kijk op het scherm: daar staat of u bent ingelogd."},
    [PHONE_DENIED_TITLE] = {"Stopped", "Gestopt"},
    [PHONE_DENIED_LEAD] =
        {"Nobody was logged in. Tell the administrator if you did not scan the code yourself.",
         "Er is niemand ingelogd. Meld het bij de beheerder als u de code niet zelf hebt gescand."},
    [PHONE_CANCELLED_TITLE] = {"Stopped", "Gestopt"},
    [PHONE_CANCELLED_LEAD] = {"Nothing was shared, and nobody was logged in.",
                              "Er is niets gedeeld en niemand is ingelogd."},
    [PHONE_EXPIRED_TITLE] = {"The code has expired", "De code is verlopen"},
    [PHONE_EXPIRED_LEAD] = {"Its time is over. Ask for a new code at the screen.",
                            "De tijd is voorbij. Vraag bij het scherm om een nieuwe code."},
    [PHONE_LATE_TITLE] = {"Too little time is left", "Er is te weinig tijd over"},
    [PHONE_LATE_LEAD] = {"This code is valid for less than a minute, which is too short for your "
                         "bank. Nothing was started. Ask for a new code at the screen.",
                         "Deze code is nog geen minuut geldig. Dat is te kort voor uw bank. Er is "
                         "niets begonnen. Vraag bij het scherm om een nieuwe code."},
    [PHONE_WRONG_TITLE] = {"The number was wrong", "Het getal klopte niet"},
    [PHONE_WRONG_LEAD] =
        {"It was typed wrong too often. Ask for a new code at the screen.",
         "Het is te vaak verkeerd getypt. Vraag bij het scherm om een nieuwe code."},
    [PHONE_FAILED_TITLE] = {"That did not work", "Dat lukte niet"},
    [PHONE_FAILED_LEAD] =
        {"Your bank could not complete this. Ask for a new code at the screen.",
         "Uw bank kon dit niet afronden. Vraag bij het scherm om een nieuwe code."},
    [PHONE_TRY_BANK_LEAD] = {"Your bank gave no answer. Try again, or choose another bank.",
                             "Uw bank gaf geen antwoord. Probeer het opnieuw of kies een andere."},
    [PHONE_USED_TITLE] = {"The code is used up", "De code is al gebruikt"},
    [PHONE_USED_LEAD] = {"Someone has already logged in with it, or is at it.",
                         "Iemand heeft er al mee ingelogd of is daarmee bezig."},
    [PHONE_UNKNOWN_TITLE] = {"This page does not exist", "Deze pagina bestaat niet"},
    [PHONE_UNKNOWN_LEAD] = {"Scan the code on the screen again.",
                            "Scan de code op het scherm opnieuw."},
    [PHONE_BUSY_TITLE] = {"One moment", "Een ogenblik"},
    [PHONE_BUSY_LEAD] = {"Your bank or this service does not answer. Try again.",
                         "Uw bank of deze dienst antwoordt niet. Probeer het opnieuw."},
    [PHONE_TRY_AGAIN] = {"Try again", "Opnieuw proberen"},
};

/* In the place of those of a bank, with the upstream `openid`. */
static const struct {
    enum phone_text text;
    const char *words[PAGE_LANGUAGES];
} of_provider[] = {
    {PHONE_BANK_TITLE, {"Are you logging in here?", "Logt u hier in?"}},
    {PHONE_NO_BANKS_TITLE, {"Not yet", "Nog niet"}},
    {PHONE_NO_BANKS_LEAD,
     {"The login service does not answer yet. Load this page again in a minute.",
      "De inlogdienst antwoordt nog niet. Laad deze pagina over een minuut opnieuw."}},
    {PHONE_GO_TITLE, {"To the login service", "Naar de inlogdienst"}},
    {PHONE_LATE_LEAD,
     {"This code is valid for less than a minute, which is too short to log in. Nothing was "
      "started. Ask for a new code at the screen.",
      "Deze code is nog geen minuut geldig. Dat is te kort om in te loggen. Er is niets begonnen. "
      "Vraag bij het scherm om een nieuwe code."}},
    {PHONE_FAILED_LEAD,
     {"The login service could not complete this. Ask for a new code at the screen.",
      "De inlogdienst kon dit niet afronden. Vraag bij het scherm om een nieuwe code."}},
    {PHONE_BUSY_LEAD,
     {"The login service or this page does not answer. Try again.",
      "De inlogdienst of deze pagina antwoordt niet. Probeer het opnieuw."}},
};

const char *
phone_text(enum page_language language, enum phone_text text, bool is_of_provider)
{
    for (size_t i = 0; is_of_provider && i < ARRAY_LENGTH(of_provider); i++)
        if (of_provider[i].text == text)
            return of_provider[i].words[language];
    return texts[text][language];
}
