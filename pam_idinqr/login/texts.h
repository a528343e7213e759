/* SPDX-License-Identifier: BSD-3-Clause */
/* Contains every sentence that a person sees, in each language. A table instead of gettext: under
 * login the locale is C, in which gettext translates nothing, and a module must not change the
 * locale. */
#ifndef IDQ_LOGIN_TEXTS_H
#define IDQ_LOGIN_TEXTS_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum text_language { LANGUAGE_EN, LANGUAGE_NL, LANGUAGE_COUNT };

/* How texts speak: the language, and the names of the provider in use. */
struct text_voice {
    enum text_language language;
    char provider[PROVIDER_NAME_SIZE]; /* "": the iDIN service */
    bool has_banks;                    /* people approve at their bank */
};

/* Those of the iDIN service, for a login whose configuration is not known. */
extern const struct text_voice text_idin_voices[LANGUAGE_COUNT];

/* Sets the voice for the provider of a configuration. */
void text_voice_set(struct text_voice *ret_voice, enum text_language language,
                    const struct config *config);

enum text_id {
    TEXT_ENTERING_ACCOUNT, /* station, account, service */
    TEXT_ENTERING,         /* station, service */
    TEXT_SCAN,
    TEXT_SCAN_USER_CODE, /* the code */
    TEXT_OPEN_LINK,
    TEXT_NO_CODE_FITS,
    TEXT_CODE_NEEDS,  /* rows, columns */
    TEXT_PRESS_ENTER, /* minutes:seconds; a prompt */
    TEXT_NOT_YET,     /* minutes:seconds; a prompt */
    TEXT_CONTACTING,
    TEXT_CHECK_LINK, /* the link's host */
    TEXT_USER_CODE,  /* the code */
    TEXT_WAITING,    /* minutes:seconds; the same for all of these */
    TEXT_WAITING_CTRL_C,
    TEXT_WAITING_ENTER,
    TEXT_SCANNED,
    TEXT_SCANNED_CTRL_C,
    TEXT_SCANNED_ENTER,
    TEXT_WELCOME, /* account */
    TEXT_WHICH_ACCOUNT,
    TEXT_ACCOUNT_PROMPT, /* the highest number that can be chosen */
    TEXT_THIS_MACHINE,   /* a station without a name */
    TEXT_IDLE,           /* station */
    TEXT_ANOTHER_CODE,   /* a prompt */
    TEXT_GO_ON,          /* a prompt */
    TEXT_APPROVED,
    TEXT_NUMBER,       /* a prompt */
    TEXT_NUMBER_WRONG, /* the tries that are left */
    TEXT_NUMBER_FORM,
    TEXT_COUNT
};

/* Writes the text without a newline at its end. The arguments replace $1 to $3 in it, and are NULL
 * if the text has none. */
void text_write(FILE *stream, const struct text_voice *voice, enum text_id id, const char *first,
                const char *second, const char *third);

/* Writes the text into a string of at most size bytes. */
void text_copy(char *ret_text, size_t size, const struct text_voice *voice, enum text_id id,
               const char *first);

#define TEXT_ERROR_SIZE 600 /* for any of these */

/* Writes why a login did not open, and what to do, in the same way. */
void text_copy_error(char *ret_text, size_t size, const struct text_voice *voice,
                     enum idq_error error);

/* Breaks lines at blanks, so that a terminal of so many columns does not break their words. Every
 * character counts as one column. A word that is longer than a row stays whole, as a link must.
 * Changes nothing if columns is 0, which says that they are not known. */
void text_wrap(char *text, unsigned columns);

/* For auto, returns the language of the application's environment, or English without one. */
enum text_language text_language_of(enum config_language setting);

/* Returns the language's code: "en", "nl". A static string. */
const char *text_language_code(enum text_language language);

#define STATION_SIZE 64

/* Writes the name of this machine, which is shown, sent to the provider as a reference, and logged:
 * the setting station, else the host name, else a text for "this
 * machine". */
void station_name(const struct config *config, const struct text_voice *voice, char *ret_station,
                  size_t size);

#endif
