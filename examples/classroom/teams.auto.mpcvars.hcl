teams = {
  amber   = { students = ["ada", "alan", "annie"] }
  blue    = { students = ["barbara", "bjarne"] }
  coral   = { students = ["claude", "cleve", "chris"], exercises = ["web", "db", "mail"] }
  denim   = { students = ["dennis", "donald"] }
  emerald = { students = ["edsger", "ellen"], exercises = ["web"] }
  fern    = { students = ["frances", "fred"], node = "lab1" }
}
