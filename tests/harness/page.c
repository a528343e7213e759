/* SPDX-License-Identifier: BSD-3-Clause */
/* See page.h. What has been chosen and typed is kept in the tree itself, as the attributes that a
 * page would have if it came with that choice. */
#include "tests/harness/page.h"

#include "tests/harness/http_client.h"
#include "tests/harness/page_tree.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <libxml/HTMLtree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    xmlDoc *document;
    char *text;
    char *url;
};

struct page *
page_parse(const char *html, size_t size, const char *url)
{
    struct page *page = calloc(1, sizeof *page);

    ck_assert_ptr_nonnull(page);
    page->document = htmlReadMemory(html, (int)size, url, "utf-8",
                                    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                        HTML_PARSE_NONET);
    if (page->document == NULL)
        page->document = htmlNewDoc(NULL, NULL); /* of an answer without a body */
    ck_assert_ptr_nonnull(page->document);
    page->text = tree_text((xmlNode *)page->document);
    page->url = strdup(url);
    return page;
}

void
page_free(struct page **page)
{
    if (*page == NULL)
        return;
    xmlFreeDoc((*page)->document);
    free((*page)->text);
    free((*page)->url);
    free(*page);
    *page = NULL;
}

const char *
page_visible_text(const struct page *page)
{
    return page->text;
}

static xmlNode *
root_of(const struct page *page)
{
    return (xmlNode *)page->document;
}

/* Finds the only control of a kind whose value or visible label is `wanted`, or for NULL the first
 * control of the kind. On failure, *ret_problem says why. */
static xmlNode *
find_control(const struct page *page, int (*is_kind)(xmlNode *), const char *wanted,
             const char **ret_problem)
{
    xmlNode *root = root_of(page), *found = NULL;

    *ret_problem = NULL;
    for (xmlNode *node = root; node != NULL; node = tree_next(node, root)) {
        if (!is_kind(node) || (wanted != NULL && !tree_is_called(root, node, wanted)))
            continue;
        if (found != NULL) {
            *ret_problem = "there are several of it on the page";
            return NULL;
        }
        found = node;
        if (wanted == NULL)
            break;
    }
    if (found == NULL)
        *ret_problem = "it is not on the page";
    else if (tree_has(found, "disabled"))
        *ret_problem = "it cannot be used: disabled";
    return *ret_problem == NULL ? found : NULL;
}

static int
is_choice(xmlNode *node)
{
    return tree_is_input(node, "radio") || tree_is_input(node, "checkbox") ||
           tree_is(node, "option");
}

static int
is_button(xmlNode *node)
{
    return tree_is_input(node, "submit") ||
           (tree_is(node, "button") &&
            (!tree_has(node, "type") || tree_attribute_is(node, "type", "submit")));
}

static int
is_link(xmlNode *node)
{
    return tree_is(node, "a") && tree_has(node, "href");
}

const char *
page_choose(struct page *page, const char *choice)
{
    const char *problem;
    xmlNode *node = find_control(page, is_choice, choice, &problem);

    if (node == NULL)
        return problem;
    if (tree_is_input(node, "checkbox")) {
        tree_set(node, "checked", "checked");
        return NULL;
    }
    /* One of its group: the other buttons of that name, or the other entries of that list. */
    int is_option = tree_is(node, "option");
    xmlNode *group = tree_ancestor(node, is_option ? "select" : "form");
    char *name = tree_attribute(node, "name");
    if (group == NULL)
        problem = "it is outside of any form";
    for (xmlNode *other = group; other != NULL; other = tree_next(other, group)) {
        if (is_option && tree_is(other, "option"))
            tree_unset(other, "selected");
        if (!is_option && tree_is_input(other, "radio") && tree_attribute_is(other, "name", name))
            tree_unset(other, "checked");
    }
    tree_set(node, is_option ? "selected" : "checked", "");
    free(name);
    return problem;
}

static int
is_typed_in(xmlNode *node)
{
    static const char *const others[] = {"hidden", "radio", "checkbox", "submit", "button",
                                         "image",  "reset", "file",     NULL};

    if (tree_is(node, "textarea"))
        return 1;
    if (!tree_is(node, "input"))
        return 0;
    for (size_t i = 0; others[i] != NULL; i++) {
        if (tree_attribute_is(node, "type", others[i]))
            return 0;
    }
    return 1;
}

const char *
page_fill(struct page *page, const char *name, const char *text)
{
    xmlNode *root = root_of(page);

    for (xmlNode *node = root; node != NULL; node = tree_next(node, root)) {
        if (!is_typed_in(node) || !tree_attribute_is(node, "name", name))
            continue;
        if (tree_has(node, "disabled") || tree_has(node, "readonly"))
            return "it cannot be typed in";
        if (tree_is(node, "textarea"))
            tree_set_content(node, text);
        else
            tree_set(node, "value", text);
        return NULL;
    }
    return "there is no such field to type in";
}

/* What a control has to say when its form is sent; NULL for nothing. Freed by the caller. */
static char *
value_of(xmlNode *node)
{
    if (tree_has(node, "disabled"))
        return NULL;
    if (tree_is_input(node, "radio") || tree_is_input(node, "checkbox")) {
        if (!tree_has(node, "checked"))
            return NULL;
        return tree_has(node, "value") ? tree_attribute(node, "value") : strdup("on");
    }
    if (is_typed_in(node) || tree_is_input(node, "hidden"))
        return tree_is(node, "textarea") ? tree_content(node) : tree_attribute(node, "value");
    if (!tree_is(node, "select"))
        return NULL;
    xmlNode *chosen = NULL;
    for (xmlNode *option = node; option != NULL; option = tree_next(option, node)) {
        if (tree_is(option, "option") && (chosen == NULL || tree_has(option, "selected")))
            chosen = option;
    }
    if (chosen == NULL)
        return NULL;
    return tree_has(chosen, "value") ? tree_attribute(chosen, "value") : tree_text(chosen);
}

/* 1 when something that the form requires is missing: a browser then says so and sends nothing. */
static int
is_incomplete(xmlNode *form)
{
    for (xmlNode *node = form; node != NULL; node = tree_next(node, form)) {
        if (!tree_has(node, "required") || tree_has(node, "disabled"))
            continue;
        char *value = value_of(node), *name = tree_attribute(node, "name");
        int missing = value == NULL || value[0] == '\0';
        /* Of radio buttons, any one of that name will do. */
        if (tree_is_input(node, "radio")) {
            for (xmlNode *other = form; other != NULL; other = tree_next(other, form)) {
                if (tree_is_input(other, "radio") && tree_has(other, "checked") &&
                    tree_attribute_is(other, "name", name))
                    missing = 0;
            }
        }
        free(value);
        free(name);
        if (missing)
            return 1;
    }
    return 0;
}

static void
put_field(FILE *out, xmlNode *node, const char *value)
{
    char *name = tree_attribute(node, "name");

    if (value != NULL && name[0] != '\0') {
        char *encoded_name = http_encode(name), *encoded_value = http_encode(value);
        fprintf(out, "%s%s=%s", ftell(out) > 0 ? "&" : "", encoded_name, encoded_value);
        free(encoded_name);
        free(encoded_value);
    }
    free(name);
}

static char *
collect_fields(xmlNode *form, xmlNode *button)
{
    char *fields = NULL;
    size_t size;
    FILE *out = open_memstream(&fields, &size);

    ck_assert_ptr_nonnull(out);
    for (xmlNode *node = form; node != NULL; node = tree_next(node, form)) {
        char *value = node == button ? tree_attribute(node, "value") : value_of(node);
        put_field(out, node, value);
        free(value);
    }
    if (tree_ancestor(button, "form") != form) {
        char *value = tree_attribute(button, "value");
        put_field(out, button, value);
        free(value);
    }
    ck_assert_int_eq(fclose(out), 0);
    return fields;
}

/* HTML 4.10.17.3: the form that a control names, else the one that it stands in. */
static xmlNode *
form_of(struct page *page, xmlNode *button)
{
    char *id = tree_attribute(button, "form");
    xmlNode *form = tree_ancestor(button, "form");

    if (id[0] != '\0')
        for (form = root_of(page); form != NULL; form = tree_next(form, root_of(page)))
            if (tree_is(form, "form") && tree_attribute_is(form, "id", id))
                break;
    free(id);
    return form;
}

const char *
page_press(struct page *page, const char *button_name, struct page_request *ret_request)
{
    const char *problem;
    xmlNode *button = find_control(page, is_button, button_name, &problem);
    xmlNode *form = button != NULL ? form_of(page, button) : NULL;

    *ret_request = (struct page_request){0};
    if (form == NULL)
        return problem != NULL ? problem : "it is outside of any form";
    if (!tree_has(button, "formnovalidate") && is_incomplete(form))
        return "a choice or a field that the form requires is missing";

    char *action = tree_attribute(form, "action"), *fields = collect_fields(form, button);
    ret_request->post = tree_attribute_is(form, "method", "post");
    ret_request->url = tree_resolve(action, page->url);
    free(action);
    if (ret_request->post) {
        ret_request->body = fields;
        return NULL;
    }
    ret_request->url[strcspn(ret_request->url, "?#")] = '\0';
    char *with_query;
    with_query = scratch_text("%s?%s", ret_request->url, fields);
    free(ret_request->url);
    free(fields);
    ret_request->url = with_query;
    return NULL;
}

const char *
page_follow(struct page *page, const char *link, struct page_request *ret_request)
{
    const char *problem;
    xmlNode *node = find_control(page, is_link, link, &problem);

    *ret_request = (struct page_request){0};
    if (node == NULL)
        return problem;
    char *address = tree_attribute(node, "href");
    ret_request->url = tree_resolve(address, page->url);
    free(address);
    return NULL;
}

void
page_request_free(struct page_request *request)
{
    free(request->url);
    free(request->body);
    *request = (struct page_request){0};
}
