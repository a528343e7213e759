/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in shows these. UTF-8, which applications pass on as bytes. */
#include "pam_idinqr/login/texts.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* $1 to $3 are arguments. A letter behind $ is a name of the provider, see below. */
static const char *const texts[TEXT_COUNT][LANGUAGE_COUNT] = {
    [TEXT_ENTERING_ACCOUNT] = {"Log in to $1 as $2 ($3)", "Inloggen bij $1 als $2 ($3)"},
    [TEXT_ENTERING] = {"Log in to $1 ($2)", "Inloggen bij $1 ($2)"},
    [TEXT_SCAN] = {"Scan this code with your phone's camera, not with $a:",
                   "Scan deze code met de camera van uw telefoon, niet met $a:"},
    /* A link that contains the code shows it on the phone. Another link asks for it. */
    [TEXT_SCAN_USER_CODE] = {"Scan this code with your phone. Compare or type there: $1",
                             "Scan met uw telefoon. Vergelijk of typ daar deze code: $1"},
    [TEXT_OPEN_LINK] = {"Open this link on your phone:", "Open deze link op uw telefoon:"},
    [TEXT_NO_CODE_FITS] = {"No code that scans can be shown here. Open this link on your phone:",
                           "Hier past geen leesbare code. Open deze link op uw telefoon:"},
    [TEXT_CODE_NEEDS] =
        {"A code needs $1 rows of $2 columns. Open this link on your phone:",
         "Een code heeft $1 regels van $2 tekens nodig. Open deze link op uw telefoon:"},
    [TEXT_PRESS_ENTER] = {"Approve at $b, then press Enter ($1 left): ",
                          "Keur het goed bij $b en druk dan op Enter (nog $1): "},
    [TEXT_NOT_YET] = {"Not approved yet, $1 left. Press Enter once you have: ",
                      "Nog niet goedgekeurd. Druk na het goedkeuren op Enter (nog $1): "},
    [TEXT_CONTACTING] = {"Contacting $s…", "Verbinding maken met $s…"},
    [TEXT_CHECK_LINK] = {"Check on your phone that the link begins with https://$1/",
                         "Controleer op uw telefoon of de link begint met https://$1/"},
    [TEXT_USER_CODE] = {"Compare this code on your phone, or type it there: $1",
                        "Vergelijk deze code met uw telefoon, of typ hem daar: $1"},
    [TEXT_WAITING] = {"Waiting for $b, $1 left", "Wachten op $b, nog $1"},
    [TEXT_WAITING_CTRL_C] = {"Waiting for $b, $1 left (Ctrl-C stops)",
                             "Wachten op $b, nog $1 (Ctrl-C stopt)"},
    [TEXT_WAITING_ENTER] = {"Waiting for $b, $1 left (Enter stops)",
                            "Wachten op $b, nog $1 (Enter stopt)"},
    [TEXT_SCANNED] = {"Scanned. $C, $1 left", "Gescand. $C, nog $1"},
    [TEXT_SCANNED_CTRL_C] = {"Scanned. $C, $1 left (Ctrl-C stops)",
                             "Gescand. $C, nog $1 (Ctrl-C stopt)"},
    [TEXT_SCANNED_ENTER] = {"Scanned. $C, $1 left (Enter stops)",
                            "Gescand. $C, nog $1 (Enter stopt)"},
    [TEXT_WELCOME] = {"Welcome, $1.", "Welkom, $1."},
    [TEXT_WHICH_ACCOUNT] = {"You can log in as:", "U kunt inloggen als:"},
    [TEXT_ACCOUNT_PROMPT] = {"Your choice (1-$1): ", "Uw keuze (1-$1): "},
    [TEXT_THIS_MACHINE] = {"this machine", "deze computer"},
    [TEXT_IDLE] = {"Log in to $1: press Enter for a code.",
                   "Inloggen bij $1: druk op Enter voor een code."},
    [TEXT_ANOTHER_CODE] = {"Press Enter for another code. ",
                           "Druk op Enter voor een nieuwe code. "},
    [TEXT_GO_ON] = {"Press Enter to go on. ", "Druk op Enter om verder te gaan. "},
    [TEXT_APPROVED] = {"Approved. Type the number that your phone shows.",
                       "Goedgekeurd. Typ het getal dat uw telefoon toont."},
    [TEXT_NUMBER] = {"Number on your phone: ", "Getal op uw telefoon: "},
    [TEXT_NUMBER_WRONG] = {"That is not the number on your phone. Tries left: $1.",
                           "Dat is niet het getal op uw telefoon. Pogingen over: $1."},
    [TEXT_NUMBER_FORM] = {"Type the 6 digits that your phone shows.",
                          "Typ de 6 cijfers die uw telefoon toont."},
};

/* At most two sentences: what happened, and what to do. They say nothing about any other person. */
static const struct {
    enum idq_error error;
    const char *text[LANGUAGE_COUNT];
} error_texts[] = {
    {IDQ_REFUSED,
     {"You stopped or refused at $b. Nothing was opened.",
      "Het inloggen is bij $b gestopt of geweigerd. U bent niet ingelogd."}},
    {IDQ_EXPIRED,
     {"The code was not used in time. Try again.",
      "De code is niet op tijd gebruikt. Probeer het opnieuw."}},
    {IDQ_BANK_FAILED,
     {"$B could not complete this. Try again, or $o.",
      "$B kon dit niet afronden. Probeer het opnieuw, of $o."}},
    {IDQ_NO_SUBJECT,
     {"$B sent no identity with its answer. Try again, or ask the administrator.",
      "$B stuurde geen identiteit mee. Probeer het opnieuw, of vraag de beheerder om hulp."}},
    {IDQ_TRANSIENT,
     {"$B sent an identity for one visit only. It opens no account here: ask the "
      "administrator.",
      "$B stuurde een identiteit die maar één keer geldt. Daarmee kunt u hier niet inloggen: vraag "
      "de beheerder om hulp."}},
    {IDQ_WRONG_PERSON,
     {"Your identity was verified, but it does not open this account.",
      "Uw identiteit is vastgesteld, maar hoort niet bij dit account."}},
    {IDQ_UNKNOWN_IDENTITY,
     {"Your identity was verified, but it is not enrolled here. Ask the administrator to enroll "
      "you.",
      "Uw identiteit is vastgesteld, maar is hier niet geregistreerd. Vraag de beheerder om u "
      "te registreren."}},
    {IDQ_NOT_ENROLLED,
     {"Logging in with $m is not set up for this account. Ask the administrator.",
      "Inloggen met $m is voor dit account niet ingesteld. Vraag de beheerder om hulp."}},
    {IDQ_NOT_YET_ENROLLED,
     {"You are not enrolled for $m yet. Ask the administrator to enroll you.",
      "U bent nog niet geregistreerd voor $m. Vraag de beheerder om u te registreren."}},
    {IDQ_LOW_ASSURANCE,
     {"$B gives less assurance than this machine requires. $A.",
      "$B geeft minder zekerheid dan deze computer vraagt. $A."}},
    {IDQ_WRONG_NUMBER,
     {"That was not the number on your phone. Nothing was opened.",
      "Dat was niet het getal op uw telefoon. Er is niets geopend."}},
    {IDQ_UNREACHABLE,
     {"$S cannot be reached. Try again later, or log in another way.",
      "$S is niet bereikbaar. Probeer het later opnieuw, of log op een andere manier "
      "in."}},
    {IDQ_TLS,
     {"The connection to $s is not safe, so it was not used. Tell the administrator.",
      "De verbinding met $s is niet veilig en wordt niet gebruikt. Meld dit bij de "
      "beheerder."}},
    {IDQ_SIGNATURE,
     {"An answer was not signed by $s, so it was rejected. Tell the "
      "administrator.",
      "Een antwoord was niet door $s ondertekend en is geweigerd. Meld dit bij de "
      "beheerder."}},
    {IDQ_REPLY,
     {"$S sent an invalid answer. Try again, or tell the administrator.",
      "$S stuurde een ongeldig antwoord. Probeer het opnieuw, of meld dit bij de "
      "beheerder."}},
    {IDQ_OTHER_CODE,
     {"The answer was not about this login, so it was rejected. Tell the administrator.",
      "Het antwoord hoorde niet bij deze inlogpoging en is geweigerd. Meld dit bij de beheerder."}},
    {IDQ_PICTURE,
     {"$S sent no readable code. Try again.",
      "$S stuurde geen leesbare code. Probeer het opnieuw."}},
    {IDQ_HOST,
     {"The code leads to a website that is not trusted here, so it is not shown. Tell the "
      "administrator.",
      "De code leidt naar een website die hier niet wordt vertrouwd, en wordt daarom niet getoond. "
      "Meld dit bij de beheerder."}},
    {IDQ_MERCHANT,
     {"$S does not accept this machine. Tell the administrator.",
      "$S accepteert deze computer niet. Meld dit bij de beheerder."}},
    {IDQ_BUSY,
     {"$S is too busy. Try again in a few minutes.",
      "Het is te druk bij $s. Probeer het over een paar minuten opnieuw."}},
    {IDQ_CLOCK,
     {"The clock of this machine seems to be wrong, so $m does not work. Tell the "
      "administrator.",
      "De klok van deze computer lijkt verkeerd te staan, waardoor $m niet werkt. Meld dit bij de "
      "beheerder."}},
    {IDQ_CONFIG,
     {"Logging in with $m is not set up well on this machine. Tell the administrator.",
      "Inloggen met $m is op deze computer niet goed ingesteld. Meld dit bij de beheerder."}},
    {IDQ_MAP,
     {"The list of enrolled people cannot be used. Tell the administrator.",
      "De lijst met geregistreerde personen is onbruikbaar. Meld dit bij de beheerder."}},
    {IDQ_AGENT,
     {"Logging in with $m stopped unexpectedly. Try again, or tell the administrator.",
      "Inloggen met $m is onverwacht gestopt. Probeer het opnieuw, of meld dit bij de beheerder."}},
    {IDQ_SYSTEM,
     {"This machine cannot log anyone in with $m at the moment. Tell the administrator.",
      "Deze computer kan op dit moment niemand met $m laten inloggen. Meld dit bij de beheerder."}},
    {IDQ_NO_DISPLAY,
     {"No code can be shown here. Log in another way.",
      "Hier kan geen code worden getoond. Log op een andere manier in."}},
    {IDQ_CONV,
     {"The login was interrupted. Try again.",
      "Het inloggen is onderbroken. Probeer het opnieuw."}},
    {IDQ_LOCKED,
     {"Someone else is changing the list of enrolled people. Try again.",
      "Iemand anders wijzigt de lijst met geregistreerde personen. Probeer het opnieuw."}},
    {IDQ_NOT_LOCAL,
     {"You can log in with $m only at this machine itself. Log in another way.",
      "Inloggen met $m kan alleen bij deze computer zelf. Log op een andere manier in."}},
    {IDQ_TRIES,
     {"Too many codes were requested and not used. Try again in a few minutes, or log in another "
      "way.",
      "Er zijn te veel codes aangevraagd en niet gebruikt. Probeer het over een paar minuten "
      "opnieuw, of log op een andere manier in."}},
    {IDQ_NO_PROMPT,
     {"The number on your phone cannot be typed here. Log in another way.",
      "Het getal op uw telefoon kan hier niet worden getypt. Log op een andere manier in."}},
    {IDQ_CANCELLED, {"Stopped.", "Gestopt."}},
    {IDQ_HANGUP, {"The terminal was closed.", "De terminal is gesloten."}},
    {IDQ_TIMEOUT,
     {"The time to log in is over. Try again.",
      "De tijd om in te loggen is voorbij. Probeer het opnieuw."}},
};

/* What a letter behind $ stands for: where people approve at a bank, and elsewhere. NULL: the name
 * of the provider. */
static const struct {
    char letter;
    const char *of_bank[LANGUAGE_COUNT], *of_other[LANGUAGE_COUNT];
} names[] = {
    {'s', {"the iDIN service", "de iDIN-dienst"}, {NULL}},
    {'S', {"The iDIN service", "De iDIN-dienst"}, {NULL}},
    {'b', {"your bank", "uw bank"}, {NULL}},
    {'B', {"Your bank", "Uw bank"}, {NULL}},
    {'m', {"iDIN", "iDIN"}, {NULL}},
    {'a', {"your banking app", "uw bankapp"}, {"another app", "een andere app"}},
    {'C',
     {"Choose your bank and approve there", "Kies uw bank en keur het daar goed"},
     {"Approve on your phone", "Keur het goed op uw telefoon"}},
    {'o',
     {"try another bank", "met een andere bank"},
     {"ask the administrator", "vraag de beheerder om hulp"}},
    {'A',
     {"Try another bank, or ask the administrator",
      "Probeer een andere bank, of vraag de beheerder om hulp"},
     {"Ask the administrator", "Vraag de beheerder om hulp"}},
};

static const char *
name_of(const struct text_voice *voice, char letter)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].letter == letter) {
            const char *const *of = voice->has_banks ? names[i].of_bank : names[i].of_other;
            bool is_service = letter == 's' || letter == 'S';
            if (!of[voice->language] || (is_service && voice->provider[0] != '\0'))
                return voice->provider;
            return of[voice->language];
        }
    return "";
}

static void
write_text(FILE *stream, const struct text_voice *voice, const char *text,
           const char *const arguments[3])
{
    for (const char *p = text; *p; p++) {
        if (*p != '$') {
            fputc(*p, stream);
            continue;
        }
        p++;
        if (*p >= '1' && *p <= '3')
            fputs(arguments[*p - '1'] ? arguments[*p - '1'] : "", stream);
        else
            fputs(name_of(voice, *p), stream);
    }
}

void
text_write(FILE *stream, const struct text_voice *voice, enum text_id id, const char *first,
           const char *second, const char *third)
{
    const char *const arguments[3] = {first, second, third};

    write_text(stream, voice, texts[id][voice->language], arguments);
}

static void
copy(char *ret_text, size_t size, const struct text_voice *voice, const char *text,
     const char *first)
{
    const char *const arguments[3] = {first, NULL, NULL};
    FILE *stream = fmemopen(ret_text, size, "w");

    ret_text[0] = '\0';
    if (!stream)
        return;
    write_text(stream, voice, text, arguments);
    (void)fclose(stream); /* ends the text with a zero byte, truncated if it is too long */
    ret_text[size - 1] = '\0';
}

void
text_copy(char *ret_text, size_t size, const struct text_voice *voice, enum text_id id,
          const char *first)
{
    copy(ret_text, size, voice, texts[id][voice->language], first);
}

void
text_copy_error(char *ret_text, size_t size, const struct text_voice *voice, enum idq_error error)
{
    size_t i = 0;

    while (i < ARRAY_LENGTH(error_texts) && error_texts[i].error != error)
        i++;
    if (i < ARRAY_LENGTH(error_texts))
        copy(ret_text, size, voice, error_texts[i].text[voice->language], NULL);
    else
        text_copy_error(ret_text, size, voice, IDQ_AGENT);
}

void
text_wrap(char *text, unsigned columns)
{
    char *blank = NULL; /* the last one behind a word of this row */
    unsigned column = 0;

    for (char *p = text; columns > 0 && *p; p++) {
        if (*p == '\n') {
            blank = NULL;
            column = 0;
            continue;
        }
        column += (*p & 0xC0) != 0x80;
        if (*p == ' ') {
            if (column > 1 && p[-1] != ' ')
                blank = p;
        } else if (column > columns && blank) {
            *blank = '\n';
            p = blank - 1; /* the new row begins there */
        }
    }
}

const struct text_voice text_idin_voices[LANGUAGE_COUNT] = {
    [LANGUAGE_EN] = {LANGUAGE_EN, "", true},
    [LANGUAGE_NL] = {LANGUAGE_NL, "", true},
};

void
text_voice_set(struct text_voice *ret_voice, enum text_language language,
               const struct config *config)
{
    ret_voice->language = language;
    ret_voice->has_banks = provider_has_banks(config->provider, &config->settings);
    provider_table_name(config->provider, &config->settings, ret_voice->provider);
}

enum text_language
text_language_of(enum config_language setting)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    if (setting == CONFIG_LANGUAGE_NL)
        return LANGUAGE_NL;
    for (size_t i = 0; setting == CONFIG_LANGUAGE_AUTO && i < 3; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strncmp(value, "nl", 2) == 0 ? LANGUAGE_NL : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}

const char *
text_language_code(enum text_language language)
{
    return language == LANGUAGE_NL ? "nl" : "en";
}

void
station_name(const struct config *config, const struct text_voice *voice, char *ret_station,
             size_t size)
{
    char host[256];

    snprintf(ret_station, size, "%s", config->station);
    if (ret_station[0] != '\0')
        return;
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    host[strcspn(host, ".")] = '\0';
    if (!characters_are_clean(host, strlen(host)))
        /* a network may name a machine, so the name must not control the terminal */
        host[0] = '\0';
    snprintf(ret_station, size, "%s", host);
    if (ret_station[0] == '\0')
        text_copy(ret_station, size, voice, TEXT_THIS_MACHINE, NULL);
}
