/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this for each page. */
#include "pam_idinqr/sandbox/pages.h"

static const char *const texts[PAGE_TEXTS][PAGE_LANGUAGES] = {
    [PAGE_BANNER] = {"Sandbox", "Testomgeving"},
    [PAGE_BANNER_WARNING] = {"no real bank. Never type real details here.",
                             "geen echte bank. Vul hier nooit echte gegevens in."},
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
    [PAGE_CONFIRM_TITLE] = {"Do you approve?", "Keurt u dit goed?"},
    [PAGE_CONFIRM_ASKS] = {SANDBOX_MERCHANT " asks for", SANDBOX_MERCHANT " vraagt om"},
    [PAGE_CONFIRM_BIN] = {"your bank identification number (BIN)",
                          "uw bank\u00ADidentificatienummer (BIN)"},
    [PAGE_CONFIRM_NOTHING_ELSE] = {"and nothing else", "en verder niets"},
    [PAGE_CONFIRM_BANK] = {"Bank", "Bank"},
    [PAGE_CONFIRM_PERSON] = {"Test person", "Testpersoon"},
    [PAGE_CONFIRM_WARNING] =
        {"Approve only if you scanned this code yourself, on the screen in front of you.",
         "Keur dit alleen goed als u de code zelf hebt gescand, op het scherm voor u."},
    [PAGE_APPROVE] = {"Approve", "Goedkeuren"},
    [PAGE_REFUSE] = {"Refuse", "Weigeren"},
    [PAGE_NUMBER_TITLE] = {"Type this number", "Typ dit getal"},
    [PAGE_NUMBER_AT] = {"Type this number at", "Typ dit getal bij"},
    [PAGE_NUMBER_SECRET] = {"Never tell it to anyone.", "Vertel het nooit aan iemand."},
    [PAGE_OPENS] = {"It opens", "Het opent"},
    [PAGE_STATION] = {"Desk", "Balie"},
    [PAGE_SERVICE] = {"Service", "Dienst"},
    [PAGE_ACCOUNT] = {"Account", "Account"},
    [PAGE_NOT_ME] = {"This was not me", "Dit was ik niet"},
    [PAGE_APPROVED_TITLE] = {"Approved", "Goedgekeurd"},
    [PAGE_APPROVED_LEAD] = {"Look at the desk’s screen: it says whether you are in.",
                            "Kijk op het scherm van de balie: daar staat of u bent ingelogd."},
    [PAGE_REFUSED_TITLE] = {"Refused", "Geweigerd"},
    [PAGE_REFUSED_LEAD] = {"Nothing was shared, and nobody was logged in.",
                           "Er is niets gedeeld en niemand is ingelogd."},
    [PAGE_CLOSE] = {"You can close this page.", "U kunt deze pagina sluiten."},
    [PAGE_CHOOSE_FIRST] = {"Choose one of these first.", "Maak eerst een keuze."},
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
    [PAGE_STOPPED_TITLE] = {"This login was stopped", "Het inloggen is gestopt"},
    [PAGE_STOPPED_LEAD] =
        {"It was stopped at the desk or refused on a phone. Nobody was logged in.",
         "Dat gebeurde bij de balie, of iemand weigerde op een telefoon. Niemand is ingelogd."},
    [PAGE_FAILED_TITLE] = {"The bank reports a failure", "De bank meldt een storing"},
    [PAGE_FAILED_LEAD] = {"Nobody was logged in. Ask for a new code at the desk.",
                          "Niemand is ingelogd. Vraag bij de balie om een nieuwe code."},
    [PAGE_WRONG_NUMBER_TITLE] = {"The number was wrong", "Het getal was onjuist"},
    [PAGE_WRONG_NUMBER_LEAD] =
        {"Another number was typed at the desk, three times. Nobody was logged in.",
         "Bij de balie is drie keer een ander getal getypt. Niemand is ingelogd."},
    [PAGE_FORM_TITLE] = {"This form is not valid", "Dit formulier is niet geldig"},
    [PAGE_FORM_LEAD] = {"What arrived did not come from this page. Nothing was changed.",
                        "De gegevens kwamen niet van deze pagina. Er is niets veranderd."},
    [PAGE_ORDER_TITLE] = {"This step is not open", "Deze stap is niet aan de beurt"},
    [PAGE_ORDER_LEAD] =
        {"You already did it, or another step comes first. Nothing was changed.",
         "U hebt deze stap al gedaan, of een andere stap komt eerst. Er is niets veranderd."},
    [PAGE_RETURN_TITLE] = {"Back to where you log in", "Terug naar waar u inlogt"},
    [PAGE_RETURN_LEAD] = {"The test bank is done. You go back by yourself, or by the button.",
                          "De testbank is klaar. U gaat vanzelf terug, of met de knop."},
    [PAGE_TO_BANK_TITLE] = {"To your bank", "Naar uw bank"},
    [PAGE_TO_BANK_LEAD] = {"Approve there. You go there by yourself, or by the button.",
                           "Keur het daar goed. U gaat er vanzelf heen, of met de knop."},
    [PAGE_GO_ON] = {"Go on where you were", "Ga verder waar u was"},
    [PAGE_CODE_TITLE] = {"Type the code", "Typ de code"},
    [PAGE_CODE_LEAD] =
        {"It is on the desk’s screen. Do not type one that somebody sent you.",
         "Die staat op het scherm van de balie. Typ geen code die iemand u heeft gestuurd."},
    [PAGE_CODE_LABEL] = {"Code", "Code"},
    [PAGE_CODE_WRONG] = {"There is no such code. Look at the screen again.",
                         "Die code bestaat niet. Kijk nog eens op het scherm."},
};

const char *
page_text(enum page_language language, enum page_text text)
{
    return texts[text][language];
}

void
page_begin(struct html *page, enum page_language language, enum page_text title)
{
    page_open(page, language, page_text(language, title), page_text(language, PAGE_BANNER),
              page_text(language, PAGE_BANNER_WARNING), "");
}
