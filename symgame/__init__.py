"""symgame"""
