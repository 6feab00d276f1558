variable "course" {
  type        = string
  default     = "linux"
  description = "short name of the course; part of every name"

  validation {
    condition     = length(var.course) <= 8 && var.course == lower(var.course)
    error_message = "A course has a name of up to 8 lower-case letters."
  }
}

variable "teams" {
  type = map(object({
    students  = list(string)
    node      = optional(string)
    exercises = optional(set(string), ["web", "db"])
  }))
  description = "who works together, and on what"

  validation {
    condition     = alltrue([for team in values(var.teams) : length(team.students) > 0])
    error_message = "A team without students needs no machines."
  }

  validation {
    condition = length(flatten([for team in values(var.teams) : team.students])) == length(
      distinct(flatten([for team in values(var.teams) : team.students]))
    )
    error_message = "Someone is in two teams."
  }
}

variable "nodes" {
  type    = list(string)
  default = ["lab1", "lab2"]
}

variable "initial_password" {
  type        = string
  sensitive   = true
  nullable    = false
  default     = "please-change"
  description = "MPC_VAR_initial_password sets it"
}

variable "exam" {
  type        = bool
  default     = false
  description = "true: snapshots before every change, and nothing may be destroyed"
}
