/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this for each page. */
#include "pam_idinqr/sandbox/pages.h"

#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <stdio.h>

static void
begin_form(struct html *page, const struct visit *visit, const char *path, const char *step)
{
    html_add(page,
             "<form method=\"post\" action=\"%s\" accept-charset=\"utf-8\">\n"
             "<input type=\"hidden\" name=\"form\" value=\"%s\">\n"
             "<input type=\"hidden\" name=\"step\" value=\"%s\">\n",
             path, visit->form_token, step);
}

/* What every step of the form starts with: where one logs in, how far one is, and what is asked. */
static void
begin_step(struct html *page, enum page_language language, const struct visit *visit,
           const char *path, const char *step, enum page_text progress, enum page_text title)
{
    page_begin(page, language, title);
    html_add(page, "<p class=\"where\">%s <b>%s</b></p>\n", page_text(language, PAGE_LOGIN_AT),
             SANDBOX_MERCHANT);
    html_add(page, "<p class=\"step\">%s</p>\n<h1>%s</h1>\n", page_text(language, progress),
             page_text(language, title));
    begin_form(page, visit, path, step);
}

static void
end_step(struct html *page)
{
    html_raw(page, "</form>\n");
    page_end(page);
}

static void
begin_choices(struct html *page, enum page_language language, enum page_text lead,
              enum page_text legend, bool is_missing)
{
    html_add(page, "<p class=\"lead\">%s</p>\n", page_text(language, lead));
    if (is_missing)
        html_add(page, "<p class=\"error\" role=\"alert\">%s</p>\n",
                 page_text(language, PAGE_CHOOSE_FIRST));
    html_add(page, "<fieldset>\n<legend>%s</legend>\n", page_text(language, legend));
}

static void
add_choice(struct html *page, const char *name, const char *value, const char *label,
           bool is_chosen)
{
    html_add(page,
             "<label class=\"choice\"><input type=\"radio\" name=\"%s\" value=\"%s\" required",
             name, value);
    html_raw(page, is_chosen ? " checked" : "");
    html_add(page, "> <span>%s</span></label>\n", label);
}

/* formnovalidate: stopping must not ask for a choice first. */
static void
end_choices(struct html *page, enum page_language language)
{
    html_add(page,
             "</fieldset>\n<button type=\"submit\">%s</button>\n"
             "<button type=\"submit\" class=\"second\" name=\"answer\" value=\"refuse\" "
             "formnovalidate>%s</button>\n",
             page_text(language, PAGE_CONTINUE), page_text(language, PAGE_STOP));
}

static void
add_bank_step(struct html *page, enum page_language language, const struct visit *visit,
              const char *path, bool is_missing)
{
    const struct bank *bank;

    begin_step(page, language, visit, path, "bank", PAGE_STEP_1, PAGE_BANK_TITLE);
    begin_choices(page, language, PAGE_BANK_LEAD, PAGE_BANK_LEGEND, is_missing);
    for (size_t i = 0; (bank = bank_at(i)); i++)
        add_choice(page, "bank", bank->id, bank->name, bank == visit->bank);
    end_choices(page, language);
    end_step(page);
}

static const char *
person_name(const struct person *person, enum page_language language)
{
    return language == PAGE_DUTCH ? person->name_nl : person->name_en;
}

static void
add_person_step(struct html *page, enum page_language language, const struct visit *visit,
                const char *path, bool is_missing)
{
    const struct person *person;

    begin_step(page, language, visit, path, "person", PAGE_STEP_2, PAGE_PERSON_TITLE);
    begin_choices(page, language, PAGE_PERSON_LEAD, PAGE_PERSON_LEGEND, is_missing);
    for (size_t i = 0; (person = person_at(i)); i++)
        add_choice(page, "person", person->id, person_name(person, language),
                   person == visit->person);
    end_choices(page, language);
    end_step(page);
}

static void
add_confirm_step(struct html *page, enum page_language language, const struct visit *visit,
                 const char *path)
{
    begin_step(page, language, visit, path, "confirm", PAGE_STEP_3, PAGE_CONFIRM_TITLE);
    html_add(page, "<dl>\n<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>\n",
             page_text(language, PAGE_CONFIRM_ASKS), page_text(language, PAGE_CONFIRM_BIN),
             page_text(language, PAGE_CONFIRM_NOTHING_ELSE));
    html_add(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", page_text(language, PAGE_CONFIRM_BANK),
             visit->bank->name);
    html_add(page, "<div><dt>%s</dt><dd>%s</dd></div>\n</dl>\n",
             page_text(language, PAGE_CONFIRM_PERSON), person_name(visit->person, language));
    html_add(page, "<p class=\"note\">%s</p>\n", page_text(language, PAGE_CONFIRM_WARNING));
    html_add(
        page,
        "<button type=\"submit\" name=\"answer\" value=\"approve\">%s</button>\n"
        "<button type=\"submit\" name=\"answer\" value=\"refuse\" class=\"second\">%s</button>\n",
        page_text(language, PAGE_APPROVE), page_text(language, PAGE_REFUSE));
    end_step(page);
}

static void
add_row(struct html *page, const char *name, const char *value)
{
    if (value[0])
        html_add(page, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

/* The number in two groups, and what it opens. */
static void
add_number_step(struct html *page, enum page_language language, const struct code *code,
                const struct visit *visit, const char *path)
{
    char number[CODE_NUMBER_SIZE + 1];

    snprintf(number, sizeof number, "%.3s %s", code->number, code->number + 3);
    page_begin(page, language, PAGE_NUMBER_TITLE);
    html_add(page, "<h1>%s %s</h1>\n", page_text(language, PAGE_NUMBER_AT), code->place.station);
    html_add(page, "<p class=\"number\">%s</p>\n<p class=\"note\">%s</p>\n", number,
             page_text(language, PAGE_NUMBER_SECRET));
    html_add(page, "<p class=\"lead\">%s</p>\n<dl>\n", page_text(language, PAGE_OPENS));
    add_row(page, page_text(language, PAGE_STATION), code->place.station);
    add_row(page, page_text(language, PAGE_SERVICE), code->place.service);
    add_row(page, page_text(language, PAGE_ACCOUNT), code->place.account);
    html_raw(page, "</dl>\n");
    begin_form(page, visit, path, "number");
    html_add(
        page,
        "<button type=\"submit\" name=\"answer\" value=\"refuse\" class=\"second\">%s</button>\n",
        page_text(language, PAGE_NOT_ME));
    end_step(page);
    secret_wipe(number, sizeof number);
}

/* A page without a form: the end, or a link back to `path`. `mark` is markup of ours. */
static void
add_end(struct html *page, enum page_language language, const char *mark, enum page_text title,
        enum page_text lead, const char *path)
{
    page_begin(page, language, title);
    html_raw(page, "<div class=\"end\">\n");
    html_raw(page, mark);
    html_add(page, "<h1>%s</h1>\n<p>%s</p>\n", page_text(language, title),
             page_text(language, lead));
    if (path)
        html_add(page, "<a class=\"button\" href=\"%s\">%s</a>\n", path,
                 page_text(language, PAGE_GO_ON));
    else
        html_add(page, "<p class=\"lead\">%s</p>\n", page_text(language, PAGE_CLOSE));
    html_raw(page, "</div>\n");
    page_end(page);
}

void
page_step(struct html *page, enum page_language language, const struct code *code,
          const struct visit *visit, const char *path, bool is_missing)
{
    enum visit_step step = visit->step;

    if (step == VISIT_NUMBER && code->status != CODE_NUMBER)
        step = VISIT_APPROVED; /* it was typed */
    switch (step) {
    case VISIT_BANK:
        add_bank_step(page, language, visit, path, is_missing);
        break;
    case VISIT_PERSON:
        add_person_step(page, language, visit, path, is_missing);
        break;
    case VISIT_CONFIRM:
        add_confirm_step(page, language, visit, path);
        break;
    case VISIT_NUMBER:
        add_number_step(page, language, code, visit, path);
        break;
    case VISIT_APPROVED:
        add_end(page, language, "<div class=\"mark good\" aria-hidden=\"true\">✓</div>\n",
                PAGE_APPROVED_TITLE, PAGE_APPROVED_LEAD, NULL);
        break;
    case VISIT_REFUSED:
        add_end(page, language, "<div class=\"mark bad\" aria-hidden=\"true\">×</div>\n",
                PAGE_REFUSED_TITLE, PAGE_REFUSED_LEAD, NULL);
        break;
    }
}

void
page_step_notice(struct html *page, enum page_language language, enum page_text title,
                 enum page_text lead, const char *path)
{
    add_end(page, language, "<div class=\"mark\" aria-hidden=\"true\">!</div>\n", title, lead,
            path);
}

void
page_step_user_code(struct html *page, enum page_language language, const char *path, bool is_wrong)
{
    page_begin(page, language, PAGE_CODE_TITLE);
    html_add(page, "<h1>%s</h1>\n<p class=\"lead\">%s</p>\n", page_text(language, PAGE_CODE_TITLE),
             page_text(language, PAGE_CODE_LEAD));
    if (is_wrong)
        html_add(page, "<p class=\"error\" role=\"alert\">%s</p>\n",
                 page_text(language, PAGE_CODE_WRONG));
    html_add(page,
             "<form method=\"get\" action=\"%s\">\n"
             "<label class=\"field\">%s<input type=\"text\" name=\"user_code\" required "
             "maxlength=\"16\" autocomplete=\"off\" autocapitalize=\"characters\" "
             "spellcheck=\"false\" placeholder=\"BCDF-GHJK\"></label>\n"
             "<button type=\"submit\">%s</button>\n</form>\n",
             path, page_text(language, PAGE_CODE_LABEL), page_text(language, PAGE_CONTINUE));
    page_end(page);
}
