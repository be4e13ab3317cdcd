#pragma once
#include <string_view>

// The codes that are told apart by name. PostgreSQL's manual, appendix "PostgreSQL Error Codes".
namespace tidewheel::postgres::sqlstate {

inline constexpr std::string_view cannot_connect_now = "57P03";
inline constexpr std::string_view deadlock_detected = "40P01";
inline constexpr std::string_view dependent_objects_still_exist = "2BP01";
inline constexpr std::string_view duplicate_table = "42P07";
inline constexpr std::string_view group_full = "TWF01";  // tidewheel.require_room()
inline constexpr std::string_view insufficient_privilege = "42501";
inline constexpr std::string_view internal_error = "XX000";
inline constexpr std::string_view invalid_database = "3D000";
inline constexpr std::string_view invalid_password = "28P01";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view program_limit_exceeded = "54000";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view read_only_transaction = "25006";
inline constexpr std::string_view too_many_connections = "53300";
inline constexpr std::string_view undefined_object = "42704";  // a type, mostly
inline constexpr std::string_view undefined_table = "42P01";
inline constexpr std::string_view unique_violation = "23505";

}  // namespace tidewheel::postgres::sqlstate
