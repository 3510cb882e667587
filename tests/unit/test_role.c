/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

static char *clinicians[] = {"domain:clinic.example", "group:doctors"};
static char *operators[] = {"email:op@clinic.example"};
static char *admins[] = {"email:Boss@Clinic.Example", "group:admins"};

static const struct rth_settings settings = {
	.roles = {.clinicians = {clinicians, 2},
		  .operators = {operators, 1},
		  .admins = {admins, 2}},
};

static void the_lists_decide(void **state)
{
	static const struct {
		const char *email, *groups;
		enum rth_role role;
	} rows[] = {
		{"a@clinic.example", "", RTH_ROLE_CLINICIAN},
		{"a@CLINIC.example", NULL, RTH_ROLE_CLINICIAN},
		{"a@sub.clinic.example", "", RTH_ROLE_PATIENT},
		{"a@notclinic.example", "", RTH_ROLE_PATIENT},
		{"a@clinic.example.evil.example", "", RTH_ROLE_PATIENT},
		{"\"x@clinic.example\"@evil.example", "", RTH_ROLE_PATIENT},
		{"clinic.example", "", RTH_ROLE_PATIENT},
		{"op@clinic.example", "", RTH_ROLE_OPERATOR},
		{"boss@clinic.example", "", RTH_ROLE_ADMIN},
		{"p@people.example", "staff\ndoctors", RTH_ROLE_CLINICIAN},
		{"p@people.example", "doctors2\nxdoctors", RTH_ROLE_PATIENT},
		{"p@people.example", "Doctors", RTH_ROLE_PATIENT},
		{"op@clinic.example", "admins", RTH_ROLE_ADMIN},
		{"p@people.example", "", RTH_ROLE_PATIENT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			rth_role_of(&settings, rows[i].email, rows[i].groups),
			rows[i].role);
}

static void without_lists_all_are_patients(void **state)
{
	static const struct rth_settings none;

	(void)state;
	assert_int_equal(rth_role_of(&none, "a@b.example", "admins"),
			 RTH_ROLE_PATIENT);
	assert_string_equal(rth_role_name(RTH_ROLE_PATIENT), "patient");
	assert_string_equal(rth_role_name(RTH_ROLE_ADMIN), "admin");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lists_decide),
		cmocka_unit_test(without_lists_all_are_patients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
