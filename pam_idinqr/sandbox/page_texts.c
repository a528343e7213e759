/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this for each page. */
#include "pam_idinqr/sandbox/page_texts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const texts[PAGE_TEXTS][PAGE_LANGUAGES] = {
    [PAGE_BANNER] = {"Sandbox", "Testomgeving"},
    [PAGE_BANNER_NO_BANK] = {"no real bank", "geen echte bank"},
    [PAGE_FOOTER] =
        {"This page belongs to idinqr-sandbox, a test environment. Never type real details here.",
         "Deze pagina hoort bij idinqr-sandbox, een testomgeving. Vul hier nooit echte gegevens "
         "in."},
    [PAGE_MERCHANT] = {"Sandbox", "Sandbox"},
    [PAGE_LOGIN_AT] = {"You are logging in at", "U logt in bij"},
    [PAGE_STEP_1] = {"Step 1 of 3", "Stap 1 van 3"},
    [PAGE_STEP_2] = {"Step 2 of 3", "Stap 2 van 3"},
    [PAGE_STEP_3] = {"Step 3 of 3", "Stap 3 van 3"},
    [PAGE_BANK_TITLE] = {"Choose your bank", "Kies uw bank"},
    [PAGE_BANK_LEAD] = {"These banks exist only in this sandbox.",
                        "Deze banken bestaan alleen in deze testomgeving."},
    [PAGE_BANK_LEGEND] = {"Bank", "Bank"},
    [PAGE_CONTINUE] = {"Continue", "Verder"},
    [PAGE_STOP] = {"Stop", "Stoppen"},
    [PAGE_PERSON_TITLE] = {"Who are you?", "Wie bent u?"},
    [PAGE_PERSON_LEAD] = {"A real bank would now ask you to log in. Here you pick a test person.",
                          "Een echte bank laat u nu inloggen. Hier kiest u een testpersoon."},
    [PAGE_PERSON_LEGEND] = {"Test person", "Testpersoon"},
    [PAGE_CONFIRM_TITLE] = {"Do you approve?", "Gaat u akkoord?"},
    [PAGE_CONFIRM_ASKS] = {"Sandbox asks for", "Sandbox vraagt om"},
    [PAGE_CONFIRM_BIN] = {"your bank identification number (BIN)",
                          "uw bank\u00ADidentificatienummer (BIN)"},
    [PAGE_CONFIRM_NOTHING_ELSE] = {"and nothing else", "en verder niets"},
    [PAGE_CONFIRM_BANK] = {"Bank", "Bank"},
    [PAGE_CONFIRM_PERSON] = {"Test person", "Testpersoon"},
    [PAGE_CONFIRM_WARNING] =
        {"Approve only if you scanned this code yourself, on the screen in front of you.",
         "Ga alleen akkoord als u deze code zelf hebt gescand, op het scherm voor u."},
    [PAGE_APPROVE] = {"Approve", "Akkoord"},
    [PAGE_REFUSE] = {"Refuse", "Weigeren"},
    [PAGE_APPROVED_TITLE] = {"Approved", "Akkoord gegeven"},
    [PAGE_APPROVED_LEAD] = {"Look at the desk’s screen: it goes on there.",
                            "Kijk op het scherm van de balie: het gaat daar verder."},
    [PAGE_REFUSED_TITLE] = {"Refused", "Geweigerd"},
    [PAGE_REFUSED_LEAD] = {"Nothing was shared, and nobody was logged in.",
                           "Er is niets gedeeld en niemand is ingelogd."},
    [PAGE_CLOSE] = {"You can close this page.", "U kunt deze pagina sluiten."},
    [PAGE_CHOOSE_FIRST] = {"Choose one of these first.", "Kies eerst een van deze."},
    [PAGE_UNKNOWN_TITLE] = {"This page does not exist", "Deze pagina bestaat niet"},
    [PAGE_UNKNOWN_LEAD] =
        {"The code is not known here. Scan the code on the desk’s screen again.",
         "De code is hier niet bekend. Scan de code op het scherm van de balie opnieuw."},
    [PAGE_EXPIRED_TITLE] = {"The code has expired", "De code is verlopen"},
    [PAGE_EXPIRED_LEAD] = {"Its time is over. Ask for a new code at the desk.",
                           "De tijd is voorbij. Vraag bij de balie om een nieuwe code."},
    [PAGE_USED_TITLE] = {"The code is used up", "De code is al gebruikt"},
    [PAGE_USED_LEAD] =
        {"A code works once, and may be scanned only a few times. Ask for a new one at the desk.",
         "Een code werkt één keer en mag maar een paar keer worden gescand. Vraag bij de balie om "
         "een nieuwe."},
    [PAGE_STOPPED_TITLE] = {"This login was stopped", "Deze login is gestopt"},
    [PAGE_STOPPED_LEAD] =
        {"It was stopped at the desk or refused on a phone. Nobody was logged in.",
         "De balie heeft de login gestopt of iemand heeft op een telefoon geweigerd. Niemand is "
         "ingelogd."},
    [PAGE_FAILED_TITLE] = {"The bank reports a failure", "De bank meldt een storing"},
    [PAGE_FAILED_LEAD] = {"Nobody was logged in. Ask for a new code at the desk.",
                          "Niemand is ingelogd. Vraag bij de balie om een nieuwe code."},
    [PAGE_FORM_TITLE] = {"This form is not valid", "Dit formulier is niet geldig"},
    [PAGE_FORM_LEAD] = {"What arrived did not come from this page. Nothing was changed.",
                        "Wat binnenkwam, kwam niet van deze pagina. Er is niets veranderd."},
    [PAGE_ORDER_TITLE] = {"This step is not open", "Deze stap is niet aan de beurt"},
    [PAGE_ORDER_LEAD] =
        {"You already did it, or another step comes first. Nothing was changed.",
         "U hebt deze stap al gedaan, of een andere stap gaat voor. Er is niets veranderd."},
    [PAGE_GO_ON] = {"Go on where you were", "Ga verder waar u was"},
    [PAGE_CODE_TITLE] = {"Type the code", "Typ de code"},
    [PAGE_CODE_LEAD] =
        {"It is on the desk’s screen. Do not type one that somebody sent you.",
         "Die staat op het scherm van de balie. Typ geen code die iemand u stuurde."},
    [PAGE_CODE_LABEL] = {"Code", "Code"},
    [PAGE_CODE_WRONG] = {"There is no such code. Look at the screen again.",
                         "Die code bestaat niet. Kijk nog eens op het scherm."},
};

static const struct {
    const char *code, *name;
} languages[PAGE_LANGUAGES] = {
    [PAGE_ENGLISH] = {"en", "English"},
    [PAGE_DUTCH] = {"nl", "Nederlands"},
};

const char *
page_text(enum page_language language, enum page_text text)
{
    return texts[text][language];
}

const char *
language_code(enum page_language language)
{
    return languages[language].code;
}

const char *
language_name(enum page_language language)
{
    return languages[language].name;
}

int
language_find(const char *code, enum page_language *ret_language)
{
    for (size_t i = 0; i < PAGE_LANGUAGES; i++)
        if (strcmp(languages[i].code, code) == 0) {
            *ret_language = (enum page_language)i;
            return 0;
        }
    return -1;
}

/* The weight of one range of the header in thousandths, "nl;q=0.8" being 800. */
static int
read_weight(const char *range, size_t size)
{
    const char *semicolon = memchr(range, ';', size);
    const char *p = semicolon ? semicolon + 1 : NULL, *end = range + size;
    int weight = 0;

    while (p && p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (!p || end - p < 3 || strncasecmp(p, "q=", 2) != 0)
        return 1000;
    p += 2;
    if (*p == '1')
        return 1000;
    if (*p++ == '0' && p < end && *p++ == '.')
        for (int unit = 100; unit > 0 && p < end && *p >= '0' && *p <= '9'; unit /= 10)
            weight += unit * (*p++ - '0');
    return weight;
}

enum page_language
language_from_header(const char *accept_language)
{
    enum page_language best = PAGE_ENGLISH;
    int best_weight = 0;

    for (const char *range = accept_language; *range;) {
        range += strspn(range, ", \t");
        size_t size = strcspn(range, ","), tag_size = strcspn(range, ",; \t-");
        int weight = read_weight(range, size);

        for (size_t i = 0; i < PAGE_LANGUAGES; i++)
            if (tag_size == 2 && strncasecmp(range, languages[i].code, 2) == 0 &&
                weight > best_weight) {
                best = (enum page_language)i;
                best_weight = weight;
            }
        range += size;
    }
    return best;
}
